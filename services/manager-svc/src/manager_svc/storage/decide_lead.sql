-- Interested or not: the lead needs nobody any more, and its manager's place is free (but
-- not offered while he is paused).
WITH holder AS MATERIALIZED (
    SELECT managers.id, managers.name, managers.state
    FROM leads
    JOIN managers ON managers.id = leads.manager_id
    WHERE leads.id = $1::uuid
),

freed AS (
    UPDATE slots SET
        lead_id = NULL,
        free_since = CASE holder.state WHEN 'active' THEN $3::timestamptz END
    FROM holder
    WHERE slots.manager_id = holder.id AND slots.lead_id = $1::uuid
),

before AS (
    SELECT id, status FROM leads WHERE id = $1::uuid
),

marked AS (
    UPDATE leads SET
        status = $2::text,
        decided_at = $3::timestamptz,
        manager_id = NULL,
        assigned_at = NULL,
        updated_at = $3::timestamptz,
        rev = leads.rev + 1
    FROM before
    WHERE leads.id = before.id
    RETURNING leads.*, before.status AS from_status
),

forgotten AS (
    DELETE FROM given_back WHERE lead_id = $1::uuid
),

noted AS (
    INSERT INTO lead_history (
        lead_id, at, what, actor, from_status, to_status, manager_id, reason
    )
    SELECT
        marked.id, $3::timestamptz, $4::text, $5::text,
        marked.from_status, marked.status, holder.id, $6::text
    FROM marked
    LEFT JOIN holder ON true
)

SELECT
    marked.id, created_at, contact_rev, marked.name, family_name, email, cellphone,
    status, manager_id, NULL AS manager_name, assigned_at, decided_at, updated_at, rev,
    holder.id AS concerned_id, holder.name AS concerned_name
FROM marked
LEFT JOIN holder ON true;
