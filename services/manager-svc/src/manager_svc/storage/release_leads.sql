-- Takes leads from whoever holds them; they wait again at their old age. A paused
-- manager's place is freed, but not offered. With $5, the lead is not offered to the same
-- manager again for a while.
WITH held AS MATERIALIZED (
    SELECT leads.id, managers.id AS manager_id, managers.name AS manager_name, managers.state
    FROM slots
    JOIN managers ON managers.id = slots.manager_id
    JOIN leads ON leads.id = slots.lead_id
    WHERE slots.lead_id = ANY($1::uuid[])
),

freed AS (
    UPDATE slots SET
        lead_id = NULL,
        free_since = CASE held.state WHEN 'active' THEN $2::timestamptz END
    FROM held
    WHERE slots.lead_id = held.id
),

released AS (
    UPDATE leads SET
        manager_id = NULL,
        assigned_at = NULL,
        updated_at = $2::timestamptz,
        rev = leads.rev + 1
    FROM held
    WHERE leads.id = held.id
    RETURNING leads.*, held.manager_id AS concerned_id, held.manager_name AS concerned_name
),

-- He got the lead after all that he had given back before was forgotten: none of it is this.
closed AS (
    INSERT INTO given_back (lead_id, manager_id, at)
    SELECT id, concerned_id, $2::timestamptz
    FROM released
    WHERE $5::boolean
),

noted AS (
    INSERT INTO lead_history (
        lead_id, at, what, actor, from_status, to_status, manager_id, rule, reason
    )
    SELECT
        id, $2::timestamptz, 'lead_released', $3::text,
        status, status, concerned_id, $4::text, $6::text
    FROM released
    ORDER BY created_at, id
)

SELECT
    id, created_at, contact_rev, name, family_name, email, cellphone,
    status, manager_id, NULL AS manager_name, assigned_at, decided_at, updated_at, rev,
    concerned_id, concerned_name
FROM released
ORDER BY created_at, id;
