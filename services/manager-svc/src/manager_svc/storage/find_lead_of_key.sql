SELECT lead_id FROM next_lead_keys WHERE manager_id = $1::uuid AND idempotency_key = $2::text;
