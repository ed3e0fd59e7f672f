-- The body of one that failed may be sent again with another end: it is not known any more.
UPDATE imports
SET
    status = $3, finished_at = coalesce($4, now()), error_code = $5, error_detail = $6, error_extra = $8,
    body_hash = $7,
    body_file = CASE WHEN $7::bytea IS NOT NULL THEN body_file END,
    body_bytes = CASE WHEN $7::bytea IS NOT NULL THEN body_bytes END
WHERE id = $1 AND status = 'running' AND worker = $2
