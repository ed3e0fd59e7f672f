-- The one lock of the matching room, held to the end of the transaction. What is read after it
-- is read after everybody who held it before has committed, so it comes before whatever reads
-- managers, slots or leads (the transaction is READ COMMITTED). The time is taken after the wait,
-- so that times grow in the order of commits.
SELECT clock_timestamp() AS now
FROM pg_advisory_xact_lock(1280262983, 1);
