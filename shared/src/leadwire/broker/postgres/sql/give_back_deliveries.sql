UPDATE deliveries
SET session = NULL
WHERE session = $1 AND message_number = ANY ($2::bigint[])
