-- A new capacity cascades to the manager's places, whose numbers must fit it.
UPDATE managers SET
    name = $2::text,
    folded_name = $3::text,
    email = $4::text,
    capacity = $5::integer,
    state = $6::text,
    updated_at = $7::timestamptz,
    rev = rev + 1
WHERE id = $1::uuid;
