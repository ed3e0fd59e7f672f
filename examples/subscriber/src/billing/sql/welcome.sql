INSERT INTO welcomes (lead_id) VALUES (?);
