UPDATE import_failures
SET former_lead_id = $1
WHERE email_key = $2 OR cellphone_key = $3
