-- A page of what is parked, without bodies: first deliveries, then what the broker refused to
-- take. Each part is limited by itself, so that none is read to its end.
-- Parameters: row after which deliveries begin, row after which events of the outbox begin,
-- the one subscription or null, the one type or null, where it is parked or null, limit.
SELECT
    place, id, subscription, source, event_id, type, content_type, headers, reason, attempts,
    parked_at, size
FROM (
    (
        SELECT
            'consumer' AS place, id, subscription, source, event_id, type, content_type, headers,
            reason, attempts, parked_at, octet_length(body) AS size
        FROM parked
        WHERE id > $1
            AND ($3::text IS NULL OR subscription = $3)
            AND ($4::text IS NULL OR type = $4)
            AND coalesce($5::text, 'consumer') = 'consumer'
        ORDER BY id
        LIMIT $6
    )
    UNION ALL
    (
        SELECT
            'outbox', id, NULL, '', event_id, type, content_type, headers,
            coalesce(last_error, ''), attempts, parked_at, octet_length(body)
        FROM outbox
        WHERE parked_at IS NOT NULL
            AND id > $2
            AND $3::text IS NULL
            AND ($4::text IS NULL OR type = $4)
            AND coalesce($5::text, 'outbox') = 'outbox'
        ORDER BY id
        LIMIT $6
    )
) AS found
ORDER BY place, id
LIMIT $6
