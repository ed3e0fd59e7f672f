-- A look without the lock: whether it is worth the sweep's while to take it.
SELECT
    EXISTS (SELECT 1 FROM slots WHERE free_since IS NOT NULL)
    AND EXISTS (
        SELECT 1 FROM leads
        WHERE manager_id IS NULL AND decided_at IS NULL AND erased_at IS NULL
    ) AS possible;
