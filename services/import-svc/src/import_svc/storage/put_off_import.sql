-- Later, and later each time; no row once it was tried so often that it is given up.
UPDATE imports
SET
    worker = NULL,
    not_before = now() + least(60, 2 ^ takes) * interval '1 second',
    rate_since = NULL
WHERE id = $1 AND worker = $2 AND status = 'running' AND takes < $3
RETURNING id
