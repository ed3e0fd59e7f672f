SELECT id
FROM leads
WHERE manager_id IS NULL AND decided_at IS NULL AND erased_at IS NULL
ORDER BY created_at, id
LIMIT 1;
