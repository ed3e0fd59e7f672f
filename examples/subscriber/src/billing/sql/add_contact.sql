-- What a decision says of the lead may be older than a correction that came before it.
INSERT INTO contacts (lead_id, name, family_name, email, cellphone) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (lead_id) DO NOTHING;
