-- Whoever began it is alive, so it was not lost. Parameters: subscription, message number.
UPDATE deliveries
SET losses = losses - 1
WHERE subscription_id = $1 AND message_number = $2 AND losses > 0
