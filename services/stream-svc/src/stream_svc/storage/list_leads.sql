-- One page of a list: at most $1 leads, in the order of a column and then of ids.
SELECT id, /* column */ AS list_key, doc
FROM leads
WHERE life = (SELECT life FROM head) AND doc IS NOT NULL /* and the conditions */
ORDER BY /* column */ /* direction */, id /* direction */
LIMIT $1
