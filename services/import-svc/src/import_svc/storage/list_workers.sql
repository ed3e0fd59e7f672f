-- Processes that run imports, also dry, or died while they did.
SELECT worker
FROM imports
WHERE status = 'running' AND worker IS NOT NULL
UNION
SELECT worker
FROM dry_runs
