SELECT imported, failed
FROM import_chunks
WHERE import_id = $1 AND number = $2
