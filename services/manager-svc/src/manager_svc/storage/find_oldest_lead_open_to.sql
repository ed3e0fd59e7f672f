-- The oldest waiting lead that is not closed to manager $1. No more than 1,000 (MOST_CLOSED,
-- domain/matching.py) are closed to him, so one of the oldest 1,001 is open, or none is. They
-- come from the index leads_waiting, in order and no further than needed.
SELECT id
FROM (
    SELECT id, created_at FROM leads
    WHERE manager_id IS NULL AND decided_at IS NULL AND erased_at IS NULL
    ORDER BY created_at, id
    LIMIT 1 + 1000
) AS oldest
WHERE NOT EXISTS (
    SELECT FROM given_back
    WHERE lead_id = oldest.id AND manager_id = $1::uuid AND at > $2::timestamptz
)
ORDER BY created_at, id
LIMIT 1;
