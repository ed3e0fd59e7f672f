-- Some at a time: all of them may take longer than a statement is given.
DELETE FROM dry_run_keys
WHERE ctid = ANY(ARRAY(SELECT ctid FROM dry_run_keys WHERE dry_run_id = $1 LIMIT $2))
