-- By the index on the ids that a body mentions: a resync asks this for every erased lead.
SELECT id, type, body
FROM parked
WHERE ids_mentioned_in(body) @> ARRAY[$1::uuid]
ORDER BY id
FOR UPDATE
