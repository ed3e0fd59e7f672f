-- Oldest first; without those that wait because they could not be worked off a moment ago.
SELECT
    id, media_type, encoding, region, mapped, body_file, body_bytes, body_hash, takes,
    (SELECT count(*) FROM import_chunks WHERE import_id = imports.id) AS chunks
FROM imports
WHERE status = 'running' AND worker IS NULL AND (not_before IS NULL OR not_before <= now())
ORDER BY id
LIMIT $1
