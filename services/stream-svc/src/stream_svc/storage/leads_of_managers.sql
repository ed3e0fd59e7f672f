-- The leads that managers hold.
SELECT id FROM leads WHERE life = $2 AND manager_id = ANY ($1::uuid [])
