SELECT
    event_id,
    body,
    hashes,
    added_at,
    removed_at,
    EXISTS (
        SELECT FROM witness.erasures
        WHERE erasures.service = events.service AND erasures.xid = events.removed_in
    ) AS withdrawn
FROM witness.events
ORDER BY number
