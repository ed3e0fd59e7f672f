-- Long after its deletion nobody plans for it any more who has not seen that.
DELETE FROM webhooks
WHERE state = 'deleted'
    AND updated_at < now() - $1::interval
    AND NOT EXISTS (
        SELECT
        FROM deliveries
        WHERE webhook_id = webhooks.id
            AND status IN ('pending', 'parked')
    )
