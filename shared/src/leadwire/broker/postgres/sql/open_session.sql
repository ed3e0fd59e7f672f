-- The session lives as long as the connection that holds this lock; the number is drawn
-- first, and once.
WITH drawn AS MATERIALIZED (SELECT nextval('session_numbers')::integer AS number)
SELECT
    drawn.number,
    pg_try_advisory_lock(1819763308, drawn.number) AS locked,
    subscriptions.id AS subscription_id
FROM drawn
JOIN subscriptions ON subscriptions.name = $1
