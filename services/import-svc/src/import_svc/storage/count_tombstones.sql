SELECT count(*) FROM erased_leads
