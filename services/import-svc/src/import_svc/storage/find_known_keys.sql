-- Which of the emails and cellphones have a lead already; each is one look at its index.
SELECT 'email' AS kind, email_key AS key
FROM leads
WHERE email_key = ANY($1::text[])
UNION ALL
SELECT 'cellphone', cellphone
FROM leads
WHERE cellphone = ANY($2::text[])
