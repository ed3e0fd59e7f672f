-- Whoever adds a webhook waits for others who do, so that there are never more than allowed.
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' webhooks', 0))
