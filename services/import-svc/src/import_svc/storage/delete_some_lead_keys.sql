-- Some at a time: all of them may take longer than a statement is given.
WITH deleted AS (
    DELETE FROM lead_keys
    WHERE ctid = ANY(ARRAY(SELECT ctid FROM lead_keys WHERE delete_after <= now() LIMIT $1))
    RETURNING 1
)

SELECT count(*) FROM deleted
