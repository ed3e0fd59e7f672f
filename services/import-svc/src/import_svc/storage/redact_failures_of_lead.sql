-- Row number, codes and reason stay: they are the account of the import, and name nobody.
UPDATE import_failures
SET name = NULL, family_name = NULL, email = NULL, cellphone = NULL,
    email_key = NULL, cellphone_key = NULL, mentions = NULL
WHERE email_key = ANY($1::text[]) OR cellphone_key = ANY($2::text[])
    OR mentions && ($1::text[] || $2::text[] || $3::text[])
