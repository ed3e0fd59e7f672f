-- The next page of the snapshot: the `put` frames of at most $2 leads with ids beyond $1, in
-- their order. The frames' fixed parts are $3 to $6.
-- A row each, and nothing else in it: rows are sent while the next ones are read. One value of
-- all frames takes half as long again, most of it to get memory for megabytes from the system.
SELECT $3::text || id || $4::text || rev || $5::text || doc || $6::text AS frame
FROM leads
WHERE life = (SELECT life FROM head) AND id > $1 AND doc IS NOT NULL /* and the conditions */
ORDER BY id
LIMIT $2
