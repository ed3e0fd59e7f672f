-- One statement stores a batch, fans it out and wakes the consumers: it commits as a whole.
-- The answer holds the positions of the messages that somebody wants.
-- Parameters: message ids, types, content types, headers, bodies, the one subscription or null.
WITH wanted AS MATERIALIZED (
    SELECT input.position, subscriptions.id AS subscription_id, subscriptions.ordered
    FROM unnest($2::text[]) WITH ORDINALITY AS input (type, position)
    JOIN subscriptions
        ON CASE
            WHEN $6::text IS NULL THEN subscriptions.types && ARRAY[input.type, '#']
            ELSE subscriptions.name = $6
        END
),
numbered AS MATERIALIZED (
    -- Numbers are drawn in the order of the batch: they are the order of delivery.
    SELECT routed.position, nextval('message_numbers') AS number
    FROM (SELECT DISTINCT position FROM wanted ORDER BY position) AS routed
),
stored AS (
    INSERT INTO messages (number, message_id, type, content_type, headers, body)
    SELECT
        numbered.number, input.message_id, input.type, input.content_type,
        input.headers::json, input.body
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[])
        WITH ORDINALITY AS input (message_id, type, content_type, headers, body, position)
    JOIN numbered USING (position)
),
fanned_out AS (
    INSERT INTO deliveries (message_number, subscription_id, available_at)
    SELECT
        numbered.number, wanted.subscription_id,
        CASE WHEN wanted.ordered THEN '-infinity' ELSE now() END
    FROM numbered
    JOIN wanted USING (position)
),
woken AS (
    SELECT count(pg_notify('leadwire_broker_' || subscription_id, '')::text) AS subscriptions
    FROM (SELECT DISTINCT subscription_id FROM wanted) AS addressed
)
SELECT numbered.position::integer AS position, woken.subscriptions
FROM numbered
CROSS JOIN woken
