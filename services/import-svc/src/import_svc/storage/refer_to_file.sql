-- No row: it took too long, and the file is deleted, or about to be.
DELETE FROM unreferenced_files
WHERE file_key = $1 AND NOT doomed
RETURNING file_key
