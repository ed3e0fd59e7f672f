-- Begins a resync, in place of the last one.
INSERT INTO resync (part, after, last_lead, total, started_at)
SELECT
    'leads',
    '00000000-0000-0000-0000-000000000000',
    coalesce(
        (SELECT id FROM leads ORDER BY id DESC LIMIT 1), '00000000-0000-0000-0000-000000000000'
    ),
    (SELECT count(*) FROM leads) + (SELECT count(*) FROM erased_leads),
    $1
ON CONFLICT (only_row) DO UPDATE SET
    part = excluded.part,
    after = excluded.after,
    last_lead = excluded.last_lead,
    total = excluded.total,
    said = 0,
    started_at = excluded.started_at,
    finished_at = NULL
