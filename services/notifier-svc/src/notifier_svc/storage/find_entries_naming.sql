SELECT received_at, position, type, body
FROM journal
WHERE leads @> ARRAY[$1::uuid]
    AND body IS NOT NULL
FOR UPDATE
