-- No row: something refers to it.
UPDATE unreferenced_files
SET delete_after = now(), doomed = true
WHERE file_key = $1 AND NOT doomed
RETURNING file_key
