-- A decision was wrong: the lead gets the other one. Nobody holds it now; the manager
-- concerned is the one who held it at the decision, which is the last thing that happened; nobody if
-- that is forgotten.
WITH before AS (
    SELECT leads.id, leads.status, managers.id AS concerned_id, managers.name AS concerned_name
    FROM leads
    LEFT JOIN LATERAL (
        SELECT manager_id
        FROM lead_history
        WHERE lead_id = leads.id
        ORDER BY id DESC
        LIMIT 1
    ) AS decision ON true
    LEFT JOIN managers ON managers.id = decision.manager_id
    WHERE leads.id = $1::uuid
),

corrected AS (
    UPDATE leads SET
        status = $2::text,
        decided_at = $3::timestamptz,
        updated_at = $3::timestamptz,
        rev = leads.rev + 1
    FROM before
    WHERE leads.id = before.id
    RETURNING leads.*, before.status AS from_status, concerned_id, concerned_name
),

noted AS (
    INSERT INTO lead_history (
        lead_id, at, what, actor, from_status, to_status, manager_id, reason
    )
    SELECT
        id, $3::timestamptz, $4::text, $5::text, from_status, status, concerned_id, $6::text
    FROM corrected
)

SELECT
    id, created_at, contact_rev, name, family_name, email, cellphone,
    status, manager_id, NULL AS manager_name, assigned_at, decided_at, updated_at, rev,
    concerned_id, concerned_name
FROM corrected;
