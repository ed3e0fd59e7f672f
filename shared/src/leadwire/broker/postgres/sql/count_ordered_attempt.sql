UPDATE deliveries
SET attempt = $3, excused = $4
WHERE subscription_id = $1 AND message_number = $2
