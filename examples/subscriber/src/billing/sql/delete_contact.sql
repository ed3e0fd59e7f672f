DELETE FROM contacts WHERE lead_id = ?;
