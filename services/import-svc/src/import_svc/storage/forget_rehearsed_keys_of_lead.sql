-- By the primary key: there are few dry runs, but each may have millions of keys.
DELETE FROM dry_run_keys AS held
USING dry_runs, unnest($1::text[], $2::text[]) AS erased (kind, key)
WHERE held.dry_run_id = dry_runs.id
    AND held.kind = erased.kind
    AND held.key = erased.key
