UPDATE deliveries
SET attempt = $3
WHERE subscription_id = $1 AND message_number = $2
