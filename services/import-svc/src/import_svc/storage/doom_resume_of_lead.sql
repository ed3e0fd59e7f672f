INSERT INTO unreferenced_files (file_key, delete_after, doomed)
SELECT file_key, now(), true
FROM resumes
WHERE lead_id = $1 AND file_key IS NOT NULL
RETURNING file_key
