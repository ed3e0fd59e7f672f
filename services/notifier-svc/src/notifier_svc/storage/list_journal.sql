-- A page is bounded by its number of entries and by the bytes of their bodies; `found` is
-- what there was before the second bound.
SELECT received_at, position, event_id, source, type, subject, time, body, redacted_at, found
FROM (
    SELECT
        *,
        count(*) OVER () AS found,
        sum(coalesce(octet_length(body), 0)) OVER (
            ORDER BY received_at, position ROWS UNBOUNDED PRECEDING
        ) - coalesce(octet_length(body), 0) AS bytes_before
    FROM (
        SELECT *
        FROM journal
        WHERE (cardinality($1::text[]) = 0 OR type = ANY ($1))
            AND ($2::timestamptz IS NULL OR received_at >= $2)
            AND ($3::timestamptz IS NULL OR received_at < $3)
            AND ($4::timestamptz IS NULL OR (received_at, position) > ($4, $5::bigint))
        ORDER BY received_at, position
        LIMIT $6
    ) AS page
) AS measured
WHERE bytes_before < $7
ORDER BY received_at, position
