INSERT INTO imports (id, media_type, region, worker, started_at)
VALUES ($1, $2, $3, $4, $5)
