-- A chunk that is being stored is counted before this, or not at all: both need the row's lock.
UPDATE imports
SET status = 'cancelled', finished_at = now()
WHERE id = $1 AND status = 'running'
RETURNING body_file
