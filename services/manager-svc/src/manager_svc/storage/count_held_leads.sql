SELECT count(lead_id) FROM slots WHERE manager_id = $1::uuid;
