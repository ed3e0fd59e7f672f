-- A new capacity cascades to the manager's places, whose numbers must fit it.
UPDATE managers SET
    name = $2::text,
    folded_name = $3::text,
    email = $4::text,
    email_key = $5::text,
    capacity = $6::integer,
    state = $7::text,
    updated_at = $8::timestamptz,
    rev = rev + 1
WHERE id = $1::uuid;
