-- A look without the lock: whether it is worth the sweep's while to take it.
-- ORDER BY and LIMIT lead the planner to the partial indexes; for a bare EXISTS it takes a
-- scan that hopes for an early hit.
SELECT
    (
        SELECT manager_id FROM slots
        WHERE free_since IS NOT NULL
        ORDER BY free_since, manager_id, number
        LIMIT 1
    ) IS NOT NULL
    AND (
        SELECT id FROM leads
        WHERE manager_id IS NULL AND decided_at IS NULL AND erased_at IS NULL
        ORDER BY created_at, id
        LIMIT 1
    ) IS NOT NULL AS possible;
