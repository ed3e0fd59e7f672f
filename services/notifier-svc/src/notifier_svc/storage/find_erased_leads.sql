SELECT lead_id
FROM erased_leads
WHERE lead_id = ANY ($1::uuid[])
