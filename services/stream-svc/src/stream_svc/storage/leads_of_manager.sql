-- The leads that a manager holds.
SELECT id FROM leads WHERE manager_id = $1 ORDER BY id
