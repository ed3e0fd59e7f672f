-- In a database that stayed on its server no row is visible whose transaction is yet to come.
-- Where one is, the journal was restored from another server.
UPDATE journal_clock
SET ahead = newest.turn + 1 - pg_snapshot_xmax(pg_current_snapshot())::text::bigint
FROM (SELECT max(turn) AS turn FROM journal) AS newest
WHERE newest.turn >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint + ahead
