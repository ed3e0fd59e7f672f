-- The leads that a manager holds.
SELECT id FROM leads WHERE life = $2 AND manager_id = $1 ORDER BY id
