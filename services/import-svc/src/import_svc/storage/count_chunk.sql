-- No row: the import has ended, or another process goes on with it.
UPDATE imports
SET received = received + $2, imported = imported + $3, failed = failed + $4
WHERE id = $1 AND status = 'running' AND worker = $5
RETURNING id
