-- A worker that stops lets another one go on at once; that it took the import does not count.
UPDATE imports
SET worker = NULL, takes = greatest(takes - 1, 0), rate_since = NULL
WHERE id = $1 AND worker = $2 AND status = 'running'
