SELECT body_file
FROM imports
WHERE status = 'running' AND body_file = ANY($1)
