INSERT INTO imports (
    id, media_type, encoding, region, mapped, worker, started_at, key_hash, request_hash,
    body_file, body_bytes, body_hash
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
