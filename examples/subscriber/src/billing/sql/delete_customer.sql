DELETE FROM customers WHERE lead_id = ?;
