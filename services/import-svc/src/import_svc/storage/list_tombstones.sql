SELECT lead_id, rev
FROM erased_leads
WHERE lead_id > $1 AND lead_id <= $2
ORDER BY lead_id
LIMIT $3
