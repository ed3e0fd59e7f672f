SELECT received, imported, failed, input_hash
FROM import_chunks
WHERE import_id = $1 AND number = $2
