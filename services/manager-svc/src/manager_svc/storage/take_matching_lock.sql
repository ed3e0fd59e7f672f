-- The one lock of the matching room, held to the end of the transaction. It must be the
-- transaction's first statement: what is read later is then read after everybody who held
-- it before has committed. The time is taken after the wait, so that times grow in the
-- order of commits.
SELECT clock_timestamp() AS now
FROM pg_advisory_xact_lock(1280262983, 1);
