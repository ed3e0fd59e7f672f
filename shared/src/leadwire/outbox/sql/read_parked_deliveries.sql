-- Whole deliveries with $1 < id <= $2, oldest first, until their bodies reach a limit.
SELECT
    'consumer' AS place, id, subscription, source, event_id, type, content_type, headers, reason,
    attempts, parked_at, octet_length(body) AS size, body
FROM (
    SELECT *, sum(octet_length(body)) OVER (ORDER BY id) - octet_length(body) AS bytes_before
    FROM (
        SELECT *
        FROM parked
        WHERE id > $1
            AND id <= $2
            AND ($3::text IS NULL OR subscription = $3)
            AND ($4::text IS NULL OR type = $4)
        ORDER BY id
        LIMIT $5
    ) AS chosen
) AS oldest
WHERE bytes_before < $6
ORDER BY id
