-- Begins a resync, in place of the last one.
INSERT INTO resync (part, after, up_to, total, started_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (only_row) DO UPDATE SET
    part = excluded.part,
    after = excluded.after,
    up_to = excluded.up_to,
    total = excluded.total,
    said = 0,
    started_at = excluded.started_at,
    finished_at = NULL
