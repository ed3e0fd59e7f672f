-- Those who leave a mark, or begin to serve with one, take turns until their commit.
SELECT pg_advisory_xact_lock(hashtextextended($1, 0))
