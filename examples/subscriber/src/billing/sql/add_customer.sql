INSERT INTO customers (lead_id, since) VALUES (?, ?)
ON CONFLICT (lead_id) DO NOTHING;
