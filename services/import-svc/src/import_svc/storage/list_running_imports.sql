SELECT id
FROM imports
WHERE worker = $1 AND status = 'running'
