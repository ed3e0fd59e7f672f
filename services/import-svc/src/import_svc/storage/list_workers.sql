-- Processes that run imports, or died while they did.
SELECT DISTINCT worker
FROM imports
WHERE status = 'running'
