SELECT lead_id FROM erased_leads ORDER BY lead_id DESC LIMIT 1
