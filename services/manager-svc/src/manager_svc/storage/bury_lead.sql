-- Leaves a tombstone, also of a lead that was never heard of: its creation may come later.
WITH forgotten AS (
    DELETE FROM given_back WHERE lead_id = $1::uuid
)

INSERT INTO leads AS known (id, contact_rev, updated_at, erased_at)
VALUES ($1::uuid, $2::bigint, $3::timestamptz, $3::timestamptz)
ON CONFLICT (id) DO UPDATE SET
    contact_rev = greatest(known.contact_rev, excluded.contact_rev),
    name = NULL,
    family_name = NULL,
    email = NULL,
    cellphone = NULL,
    erased_at = excluded.erased_at
WHERE known.erased_at IS NULL;
