INSERT INTO imports (
    id, media_type, region, worker, started_at, idempotency_key, request_hash
)
VALUES ($1, $2, $3, $4, $5, $6, $7)
