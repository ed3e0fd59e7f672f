SELECT received_at, position, body
FROM journal
WHERE leads @> ARRAY[$1::uuid]
    AND body IS NOT NULL
FOR UPDATE
