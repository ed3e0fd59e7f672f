-- No row: not heard of yet. A tombstone is heard of, and gone.
SELECT erased_at IS NOT NULL AS erased FROM leads WHERE id = $1::uuid;
