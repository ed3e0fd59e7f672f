-- Until the session ends.
SELECT pg_advisory_lock_shared(hashtext($1), $2)
