-- Locked: of two processes that resync, one says a batch, then the other the next.
SELECT part, after, last_lead, total, said, finished_at
FROM resync
FOR UPDATE
