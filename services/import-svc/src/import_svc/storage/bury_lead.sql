INSERT INTO erased_leads (lead_id, erased_at, rev)
VALUES ($1, $2, $3)
