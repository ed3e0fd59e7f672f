-- One process declares at a time: CREATE SCHEMA IF NOT EXISTS fails when two race.
SELECT pg_advisory_lock(1819763307, 0)
