-- One page of a list: at most $2 leads with ids beyond $1.
SELECT id, doc
FROM leads
WHERE id > $1 AND doc IS NOT NULL /* and the filter */
ORDER BY id
LIMIT $2
