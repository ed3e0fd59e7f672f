UPDATE imports
SET received = received + $2, imported = imported + $3, failed = failed + $4
WHERE id = $1 AND status = 'running'
RETURNING id
