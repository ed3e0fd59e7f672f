-- Reads every body that is about several: few in general, and it is not run often. In the order of
-- the ids, locked in it too, so that two of these do not wait for each other in turn.
SELECT id, type, aggregate_id, body
FROM outbox
WHERE aggregate_id IS NULL AND position(convert_to($1::text, 'UTF8') IN body) > 0
ORDER BY id
FOR UPDATE
