-- Changes in ($1, $2] for a follower with key $3, oldest first: at most $5 of them, and
-- no more than about $6 bytes of documents. Beyond the key only ids that do not match
-- any more can matter, and only to one who has resumed ($4); documents never do.
-- "found" counts more than is returned if there are more.
WITH found AS (
    SELECT
        pos, lead_id, rev, before, after, at,
        CASE WHEN lead_id <= $3 THEN doc END AS doc
    FROM changes
    WHERE pos > $1 AND pos <= $2 AND (lead_id <= $3 OR $4::boolean)
    ORDER BY pos
    LIMIT $5::integer + 1
),

measured AS (
    SELECT
        *,
        row_number() OVER (ORDER BY pos) AS place,
        coalesce(sum(octet_length(doc)) OVER (ORDER BY pos), 0)
        - coalesce(octet_length(doc), 0) AS bytes_before,
        count(*) OVER () AS found
    FROM found
)

SELECT pos, lead_id, rev, before, after, at, doc, found
FROM measured
WHERE place <= $5::integer AND bytes_before < $6::bigint
ORDER BY pos
