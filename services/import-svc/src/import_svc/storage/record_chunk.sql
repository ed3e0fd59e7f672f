INSERT INTO import_chunks (import_id, number, received, imported, failed, input_hash)
VALUES ($1, $2, $3, $4, $5, $6)
