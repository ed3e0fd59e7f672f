-- Locked: of two processes that resync, one says a batch, then the other the next.
SELECT part, after, up_to, total, said, finished_at
FROM resync
FOR UPDATE
