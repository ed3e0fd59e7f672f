-- Whether nobody holds the lock of this key; taken for this transaction, if so.
SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))
