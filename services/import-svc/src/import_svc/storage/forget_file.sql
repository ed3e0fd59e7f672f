DELETE FROM unreferenced_files
WHERE file_key = $1
