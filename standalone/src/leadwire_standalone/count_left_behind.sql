-- Also what a consumer that was killed still holds.
SELECT count(*)
FROM broker.deliveries
WHERE subscription_id IN (
    SELECT id
    FROM broker.subscriptions
    WHERE name = ANY ($1::text[])
)
