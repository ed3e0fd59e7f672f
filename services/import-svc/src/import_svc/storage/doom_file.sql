-- No row: something refers to it, or it has no note any more.
UPDATE unreferenced_files
SET delete_after = now(), doomed = true
WHERE file_key = $1
RETURNING file_key
