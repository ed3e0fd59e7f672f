-- What is known of these leads, locked until the commit. In the order of ids, so that
-- two writers of the same leads wait for each other instead of dead-locking.
SELECT
    id, contact_rev, name, family_name, email, cellphone, attributes, origin, import_id,
    has_resume, created_at, contact_updated_at,
    work_rev, status, manager_id, manager_name, assigned_at, decided_at, work_updated_at,
    erased
FROM leads
WHERE life = $2 AND id = ANY ($1::uuid [])
ORDER BY id
FOR NO KEY UPDATE
