SELECT
    'outbox' AS place, id, NULL AS subscription, '' AS source, event_id, type, content_type,
    headers, coalesce(last_error, '') AS reason, attempts, parked_at, octet_length(body) AS size,
    body
FROM outbox
WHERE id = $1 AND parked_at IS NOT NULL
