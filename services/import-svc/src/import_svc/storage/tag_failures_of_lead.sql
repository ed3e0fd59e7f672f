UPDATE import_failures
SET former_lead_ids = array_append(former_lead_ids, $1::uuid)
WHERE (email_key = $2 OR cellphone_key = $3) AND ($1 = ANY (former_lead_ids)) IS NOT TRUE
