REPLACE INTO contacts (lead_id, name, family_name, email, cellphone) VALUES (?, ?, ?, ?, ?);
