DELETE FROM deliveries WHERE subscription_id = $1 AND message_number = ANY ($2::bigint[])
