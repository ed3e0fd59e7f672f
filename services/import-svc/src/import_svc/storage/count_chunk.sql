-- No row: the import has ended, or another process goes on with it.
UPDATE imports
SET
    received = received + $2,
    imported = imported + $3,
    failed = failed + $4,
    bytes_done = $6,
    takes = 0,
    rate_since = coalesce(rate_since, clock_timestamp()),
    rate_received = CASE WHEN rate_since IS NULL THEN received + $2 ELSE rate_received END,
    rate_bytes = CASE WHEN rate_since IS NULL THEN $6 ELSE rate_bytes END
WHERE id = $1 AND status = 'running' AND worker = $5
RETURNING id
