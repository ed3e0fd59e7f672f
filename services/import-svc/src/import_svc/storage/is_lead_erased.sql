SELECT EXISTS (SELECT FROM erased_leads WHERE lead_id = $1)
