SELECT pg_advisory_unlock(1819763307, 0)
