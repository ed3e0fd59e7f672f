-- The circuit breaker. One success closes it; so many failures ($6) without one open it, for a
-- time that doubles from $7 to $8. An endpoint that asks to be left alone is, whatever else.
WITH after AS (
    SELECT
        webhooks.id, failed, pause, gone, webhooks.failures AS failures_before,
        CASE WHEN succeeded THEN 0 ELSE webhooks.failures + failed END AS failures
    FROM unnest($1::uuid[], $2::boolean[], $3::integer[], $4::interval[], $5::boolean[])
        AS health (webhook_id, succeeded, failed, pause, gone)
    JOIN webhooks ON webhooks.id = webhook_id
    WHERE failed > 0
        OR gone
        OR pause IS NOT NULL
        OR webhooks.failures > 0
    ORDER BY webhooks.id -- so that replicas do not wait for each other
    FOR UPDATE OF webhooks
)

UPDATE webhooks
SET failures = after.failures,
    failing_since = CASE WHEN after.failures > 0 THEN coalesce(failing_since, now()) END,
    resume_at = greatest(
        -- What a probe had set is void, now that its answer is known.
        CASE WHEN failures_before >= $6::integer THEN now() ELSE resume_at END,
        now() + pause,
        CASE
            WHEN failed > 0 AND after.failures >= $6 THEN
                now()
                + least($7::interval * power(2, least(after.failures - $6, 20)), $8::interval)
                * (0.8 + 0.4 * random())
        END
    ),
    state = CASE WHEN gone AND state <> 'deleted' THEN 'disabled' ELSE state END,
    state_reason = CASE WHEN gone THEN 'gone' ELSE state_reason END
FROM after
WHERE webhooks.id = after.id
