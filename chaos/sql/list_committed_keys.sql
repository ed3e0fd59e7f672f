SELECT convert_from(body, 'UTF8')::json ->> 'source' AS source, event_id
FROM witness.events
WHERE NOT EXISTS (
    SELECT FROM witness.erasures
    WHERE erasures.service = events.service AND erasures.xid = events.removed_in
)
