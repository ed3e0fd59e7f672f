INSERT INTO replays (id, subscription, webhook_id, types, since, until, key_hash, request_hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
RETURNING *
