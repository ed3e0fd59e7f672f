SELECT id
FROM dry_runs
WHERE worker = $1
