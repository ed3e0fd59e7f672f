-- Each webhook has room of its own ($1 and $2 say how much of it this process has in use), so
-- one that is slow takes none from others. Where too much failed there is room for one: it finds
-- out whether the endpoint is back, and no other replica does meanwhile. So such a webhook is
-- locked, and looked at as it stands then: two who claim at once would both see that it is due.
--
-- The claim is a lease, committed at once. What is about the same subject goes one after another,
-- in the order of the journal: an earlier one that is still pending, leased or not, keeps later
-- ones back. That is asked by a subquery, as a join might read all that waits.
WITH probing AS (
    SELECT id
    FROM webhooks
    WHERE state = 'enabled'
        AND resume_at <= now()
        AND failures >= $4::integer
    FOR UPDATE SKIP LOCKED
),

lane AS (
    SELECT
        id, url, secret, enabled_since, failures,
        CASE WHEN previous_secret_until > now() THEN previous_secrets END AS previous_secrets,
        CASE WHEN failures >= $4 THEN 1 ELSE $3::integer END - coalesce(busy.count, 0) AS room
    FROM webhooks
    LEFT JOIN unnest($1::uuid[], $2::integer[]) AS busy (webhook_id, count)
        ON busy.webhook_id = id
    WHERE state = 'enabled'
        AND resume_at <= now()
        AND (failures < $4 OR id IN (SELECT probing.id FROM probing))
),

due AS (
    SELECT lane.id AS webhook_id, picked.id
    FROM lane
    CROSS JOIN LATERAL (
        SELECT id
        FROM deliveries
        WHERE webhook_id = lane.id
            AND status = 'pending'
            AND next_attempt_at <= now()
            AND (
                about IS NULL
                OR entry_position <= (
                    SELECT min(earlier.entry_position)
                    FROM deliveries AS earlier
                    WHERE earlier.webhook_id = lane.id
                        AND earlier.about = deliveries.about
                        AND earlier.status = 'pending'
                )
            )
        ORDER BY next_attempt_at
        LIMIT greatest(lane.room, 0)
        FOR UPDATE SKIP LOCKED
    ) AS picked
),

probed AS (
    UPDATE webhooks
    SET resume_at = now() + $5::interval
    FROM lane
    WHERE webhooks.id = lane.id
        AND lane.failures >= $4
        AND lane.id IN (SELECT webhook_id FROM due)
)

UPDATE deliveries
SET attempts = attempts + 1,
    next_attempt_at = now() + $5,
    leased_until = now() + $5,
    updated_at = now()
FROM lane
WHERE deliveries.id = ANY (ARRAY(SELECT due.id FROM due))
    AND lane.id = webhook_id
RETURNING
    deliveries.id, event_id, event_type, about, attempts, webhook_id, url, failures,
    greatest(waiting_since, enabled_since) AS waiting_since,
    secret || previous_secrets AS secrets,
    (
        SELECT journal.body
        FROM journal
        WHERE journal.received_at = entry_received_at
            AND journal.position = entry_position
    ) AS body
