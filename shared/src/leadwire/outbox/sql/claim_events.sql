-- Always from the lowest id, without a cursor: an id that was drawn early and committed late
-- is seen by the next claim. Nothing is locked: the leader alone publishes.
-- The length of a body is known without reading it; what is beyond the limit is not read.
SELECT id, event_id, type, content_type, body, headers
FROM (
    SELECT *, sum(octet_length(body)) OVER (ORDER BY id) - octet_length(body) AS bytes_before
    FROM outbox
    WHERE parked_at IS NULL
    ORDER BY id
    LIMIT $1
) AS oldest
WHERE bytes_before < $2
ORDER BY id
