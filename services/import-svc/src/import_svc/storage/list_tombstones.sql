SELECT lead_id, rev
FROM erased_leads
WHERE lead_id > $1
ORDER BY lead_id
LIMIT $2
