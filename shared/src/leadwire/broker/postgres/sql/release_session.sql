-- Everything that others may wait for, before the connection ends: claims and the lock of
-- an ordered subscription. Parameter: session.
WITH released AS (
    UPDATE deliveries SET session = NULL WHERE session = $1
)
SELECT pg_advisory_unlock_all()
