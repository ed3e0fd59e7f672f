SELECT id
FROM forgotten
WHERE id = ANY (ids_mentioned_in($1::bytea))
ORDER BY id
