-- With the reason: it may quote what is taken out of the body. What says the same as another then
-- is one with it.
WITH twin AS (
    SELECT twin.id
    FROM parked
    JOIN parked AS twin USING (subscription, source, event_id)
    WHERE parked.id = $1
        AND twin.id <> $1
        AND twin.body_hash = sha256($2)
),

gone AS (
    DELETE FROM parked
    WHERE id = $1
        AND EXISTS (SELECT FROM twin)
)

UPDATE parked
SET body = $2,
    reason = $3
WHERE id = $1
    AND NOT EXISTS (SELECT FROM twin)
