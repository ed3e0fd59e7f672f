-- Of imports that ended before $1, some at a time. By the primary key: ids of imports grow with time, so
-- that those from $2 on, which began later, are not looked at. What is said of an import comes with
-- the first of its failures that goes: so no list that lacks one is taken for all of them.
WITH due AS (
    SELECT import_id, row
    FROM import_failures
    JOIN imports ON imports.id = import_id
    WHERE import_id < $2 AND finished_at < $1
    ORDER BY import_id, row
    LIMIT $3
    FOR UPDATE OF import_failures SKIP LOCKED
),

told AS (
    UPDATE imports
    SET failures_forgotten_at = now()
    WHERE id IN (SELECT import_id FROM due) AND failures_forgotten_at IS NULL
),

deleted AS (
    DELETE FROM import_failures
    USING due
    WHERE import_failures.import_id = due.import_id AND import_failures.row = due.row
    RETURNING 1
)

SELECT count(*) FROM deleted
