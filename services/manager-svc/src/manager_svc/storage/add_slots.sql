INSERT INTO slots (manager_id, number, capacity, free_since)
SELECT $1::uuid, number, $3::integer, $4::timestamptz
FROM generate_series($2::integer, $3::integer) AS number;
