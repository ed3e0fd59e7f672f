INSERT INTO imports (id, media_type, region, started_at)
VALUES ($1, $2, $3, $4)
