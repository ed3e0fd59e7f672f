-- Row number, codes and reason stay: they are the account of the import, and name nobody.
UPDATE import_failures
SET name = NULL, family_name = NULL, email = NULL, cellphone = NULL,
    email_key = NULL, cellphone_key = NULL, former_lead_ids = NULL
WHERE email_key = $2 OR cellphone_key = $3 OR former_lead_ids @> ARRAY[$1::uuid]
