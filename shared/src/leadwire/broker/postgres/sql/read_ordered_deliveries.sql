-- For the active consumer of an ordered subscription, which needs no claims. The first
-- delivery is noted as begun, as a loss in advance: if it kills its consumers, this count
-- shows it; take_back_begun undoes it for those that live.
-- Parameters: subscription, limit.
WITH ahead AS MATERIALIZED (
    SELECT message_number, attempt, excused, losses
    FROM deliveries
    WHERE subscription_id = $1 AND session IS NULL
    ORDER BY available_at, message_number
    LIMIT $2
),
begun AS (
    UPDATE deliveries
    SET losses = losses + 1
    WHERE
        subscription_id = $1
        AND message_number = (SELECT min(message_number) FROM ahead)
)
SELECT
    ahead.message_number, ahead.attempt, ahead.excused, ahead.losses,
    messages.message_id, messages.type, messages.content_type,
    messages.headers::text AS headers, messages.body
FROM ahead
JOIN messages ON messages.number = ahead.message_number
ORDER BY ahead.message_number
