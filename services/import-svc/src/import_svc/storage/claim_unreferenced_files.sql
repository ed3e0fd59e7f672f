-- Whoever claims a file tries to delete it; the next try is later each time, at most an hour.
-- Doomed first, so that nothing comes to refer to it meanwhile. What was tried least comes first:
-- files that cannot be deleted keep no others waiting.
WITH claimed AS (
    UPDATE unreferenced_files
    SET doomed = true,
        attempts = attempts + 1,
        delete_after
        = now() + least(interval '1 hour', interval '30 seconds' * 2 ^ least(attempts, 10))
    WHERE file_key IN (
        SELECT file_key
        FROM unreferenced_files
        WHERE delete_after <= now()
        ORDER BY attempts, delete_after
        LIMIT $1
        FOR UPDATE SKIP LOCKED
    )
    RETURNING file_key, attempts
)
SELECT file_key
FROM claimed
ORDER BY attempts
