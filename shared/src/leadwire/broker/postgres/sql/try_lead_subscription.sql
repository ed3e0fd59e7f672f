-- An ordered subscription has one active consumer, which holds this lock.
SELECT pg_try_advisory_lock(1819763309, $1) AS leads
