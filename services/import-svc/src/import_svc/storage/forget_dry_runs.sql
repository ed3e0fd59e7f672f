-- The dry runs of a process, save those that it still runs.
WITH over AS (
    DELETE FROM dry_runs
    WHERE worker = $1 AND id <> ALL($2::uuid[])
    RETURNING id
)

DELETE FROM dry_run_keys
WHERE dry_run_id IN (SELECT id FROM over)
