-- From the place that it was at alone: a process that was taken for dead may still come to this.
-- Also after a cancellation: what the broker has taken is told.
UPDATE replays
SET turn = $4, position = $5, reached_at = $6, sent = sent + $7, skipped = skipped + $8
WHERE id = $1
    AND (turn, position) = ($2::bigint, $3::bigint)
