-- New leads begin to wait; of known ones the newer contact data wins; a tombstone stays.
INSERT INTO leads AS known (
    id, created_at, contact_rev, name, family_name, email, cellphone, updated_at
)
SELECT id, created_at, rev, name, family_name, email, cellphone, $8::timestamptz
FROM
    unnest(
        $1::uuid[], $2::timestamptz[], $3::bigint[],
        $4::text[], $5::text[], $6::text[], $7::text[]
    ) AS contact (id, created_at, rev, name, family_name, email, cellphone)
ORDER BY id
ON CONFLICT (id) DO UPDATE SET
    contact_rev = excluded.contact_rev,
    name = excluded.name,
    family_name = excluded.family_name,
    email = excluded.email,
    cellphone = excluded.cellphone
WHERE known.contact_rev < excluded.contact_rev AND known.erased_at IS NULL;
