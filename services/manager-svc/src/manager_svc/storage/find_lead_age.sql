-- A lead's age stays known when it is erased.
SELECT created_at FROM leads WHERE id = $1::uuid;
