INSERT INTO managers (id, name, folded_name, email, email_key, capacity, created_at, updated_at)
VALUES (
    $1::uuid, $2::text, $3::text, $4::text, $5::text, $6::integer, $7::timestamptz, $7::timestamptz
);
