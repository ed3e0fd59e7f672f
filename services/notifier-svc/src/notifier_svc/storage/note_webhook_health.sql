-- The circuit breaker. One success closes it; so many failures ($7) without one open it, for $8. Each
-- probe that fails after that doubles the time, up to $9. What was under way when it opened tells
-- nothing more, however much that was; nor does a probe of which nothing was left to send. An
-- endpoint that asks to be left alone is, whatever else.
WITH after AS (
    SELECT
        webhooks.id, probed, succeeded, pause, gone, webhooks.failures AS failures_before,
        CASE
            WHEN succeeded THEN 0
            WHEN probed AND failed > 0 THEN webhooks.failures + 1
            ELSE greatest(webhooks.failures, least(webhooks.failures + failed, $7::integer))
        END AS failures
    FROM
        unnest(
            $1::uuid[], $2::boolean[], $3::integer[], $4::boolean[], $5::interval[], $6::boolean[]
        ) AS health (webhook_id, succeeded, failed, probed, pause, gone)
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
        CASE
            WHEN probed OR (succeeded AND failures_before >= $7) THEN now() ELSE resume_at
        END,
        now() + pause,
        CASE
            WHEN after.failures > failures_before AND after.failures >= $7 THEN
                now()
                + least($8::interval * power(2, least(after.failures - $7, 20)), $9::interval)
                * (0.8 + 0.4 * random())
        END
    ),
    state = CASE WHEN gone AND state <> 'deleted' THEN 'disabled' ELSE state END,
    state_reason = CASE WHEN gone THEN 'gone' ELSE state_reason END
FROM after
WHERE webhooks.id = after.id
