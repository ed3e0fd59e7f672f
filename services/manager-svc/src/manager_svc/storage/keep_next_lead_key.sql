INSERT INTO next_lead_keys (manager_id, idempotency_key, lead_id)
VALUES ($1::uuid, $2::text, $3::uuid);
