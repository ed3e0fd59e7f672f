-- A session whose lock nobody holds is gone, and what it had claimed is free. The locks are
-- read after the claims, and a session is locked before it claims: none that lives is missed.
UPDATE deliveries
SET session = NULL, losses = losses + 1
WHERE
    subscription_id = $1
    AND session IS NOT NULL
    AND session NOT IN (
        SELECT objid::bigint::integer
        FROM pg_locks
        WHERE
            locktype = 'advisory'
            AND classid = 1819763308
            AND objsubid = 2
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
