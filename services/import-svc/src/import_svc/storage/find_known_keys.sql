-- Which of the emails and cellphones have a lead already; each is one look at its index.
-- The keys come as lines of one text: asyncpg takes longer to encode an array of them than
-- Postgres to split the text. No key has a line end: neither validator lets one pass.
SELECT 'email' AS kind, email_key AS key
FROM leads
WHERE email_key = ANY(string_to_array($1::text, E'\n'))
UNION ALL
SELECT 'cellphone', cellphone
FROM leads
WHERE cellphone = ANY(string_to_array($2::text, E'\n'))
