INSERT INTO import_chunks (import_id, number, received, imported, failed)
VALUES ($1, $2, $3, $4, $5)
