-- By index: the outbox may be long when the broker is away, and locks wait for this.
SELECT id, type, aggregate_id, body
FROM outbox
WHERE aggregate_id = $1::uuid
ORDER BY id
FOR UPDATE
