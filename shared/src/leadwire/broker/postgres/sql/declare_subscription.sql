INSERT INTO subscriptions (name, types, ordered)
VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE
SET types = excluded.types, declared_at = now()
WHERE subscriptions.types IS DISTINCT FROM excluded.types
