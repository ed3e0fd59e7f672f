-- How many leads the next page of at most $2 would have, and how many bytes.
SELECT count(*) AS leads, coalesce(sum(octet_length(doc)), 0)::bigint AS bytes
FROM (
    SELECT doc
    FROM leads
    WHERE life = (SELECT life FROM head) AND id > $1 AND doc IS NOT NULL /* and the conditions */
    ORDER BY id
    LIMIT $2
) AS page
