-- The lead keeps its manager: somebody got in touch, nothing is decided yet.
WITH before AS (
    SELECT id, status FROM leads WHERE id = $1::uuid
),

marked AS (
    UPDATE leads SET status = 'reached_out', updated_at = $2::timestamptz, rev = leads.rev + 1
    FROM before
    WHERE leads.id = before.id
    RETURNING leads.*, before.status AS from_status
),

noted AS (
    INSERT INTO lead_history (
        lead_id, at, what, actor, from_status, to_status, manager_id, reason
    )
    SELECT
        id, $2::timestamptz, 'lead_reached_out', $3::text,
        from_status, status, manager_id, $4::text
    FROM marked
)

SELECT
    marked.id, marked.created_at, marked.contact_rev, marked.name, marked.family_name,
    marked.email, marked.cellphone, marked.status, marked.manager_id,
    managers.name AS manager_name,
    marked.assigned_at, marked.decided_at, marked.updated_at, marked.rev,
    managers.id AS concerned_id, managers.name AS concerned_name
FROM marked
LEFT JOIN managers ON managers.id = marked.manager_id;
