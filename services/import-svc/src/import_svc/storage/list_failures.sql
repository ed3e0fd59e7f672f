SELECT row, name, family_name, email, cellphone, reason, codes
FROM import_failures
WHERE import_id = $1 AND row > $2
ORDER BY row
LIMIT $3
