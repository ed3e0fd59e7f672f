-- Two processes that provision roles in this database take turns, until the commit.
SELECT pg_advisory_xact_lock(hashtextextended('leadwire provision roles', 0))
