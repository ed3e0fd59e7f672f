-- Claimed, and not tried.
UPDATE unreferenced_files
SET attempts = greatest(attempts - 1, 0), delete_after = now()
WHERE file_key = ANY($1::text [])
