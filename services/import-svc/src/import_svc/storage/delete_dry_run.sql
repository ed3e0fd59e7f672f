-- With what was added since the last of its keys were looked for; nothing is after this.
WITH over AS (
    DELETE FROM dry_runs
    WHERE id = $1
)

DELETE FROM dry_run_keys
WHERE dry_run_id = $1
