INSERT INTO managers (id, name, folded_name, email, capacity, created_at, updated_at)
VALUES (
    $1::uuid, $2::text, $3::text, $4::text, $5::integer, $6::timestamptz, $6::timestamptz
);
