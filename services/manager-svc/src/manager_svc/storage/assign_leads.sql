-- Gives each lead of the arrays its place, in the arrays' order.
WITH givers AS MATERIALIZED (
    SELECT id, name FROM managers WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE
),

pairing AS MATERIALIZED (
    SELECT pairing.manager_id, pairing.number, pairing.lead_id, pairing.place, givers.name
    FROM
        unnest($1::uuid[], $2::integer[], $3::uuid[])
        WITH ORDINALITY AS pairing (manager_id, number, lead_id, place)
    JOIN givers ON givers.id = pairing.manager_id
),

held AS (
    UPDATE slots SET lead_id = pairing.lead_id, free_since = NULL
    FROM pairing
    WHERE slots.manager_id = pairing.manager_id AND slots.number = pairing.number
),

assigned AS (
    UPDATE leads SET
        manager_id = pairing.manager_id,
        assigned_at = $4::timestamptz,
        updated_at = $4::timestamptz,
        rev = leads.rev + 1
    FROM pairing
    WHERE leads.id = pairing.lead_id
    RETURNING leads.*, pairing.name AS manager_name, pairing.place
),

-- A manager who has had another lead may be offered again what he gave back. What others gave
-- back stays closed to them, also of these leads.
forgiven AS (
    DELETE FROM given_back WHERE manager_id = ANY($1::uuid[])
),

seen AS (
    INSERT INTO matchings (free, free_since, more_free, waiting, manager_ids, lead_ids)
    VALUES ($7::uuid[], $8::timestamptz[], $9::boolean, $10::uuid[], $1::uuid[], $3::uuid[])
    RETURNING id
),

noted AS (
    INSERT INTO lead_history (
        lead_id, at, what, actor, from_status, to_status, manager_id, rule, reason,
        matching_id
    )
    SELECT
        assigned.id, $4::timestamptz, 'lead_assigned', $5::text,
        status, status, manager_id, $6::text, $11::text, seen.id
    FROM assigned
    CROSS JOIN seen
    ORDER BY place
)

SELECT
    id, created_at, contact_rev, name, family_name, email, cellphone,
    status, manager_id, manager_name, assigned_at, decided_at, updated_at, rev,
    manager_id AS concerned_id, manager_name AS concerned_name
FROM assigned
ORDER BY place;
