-- Where the log ends, and, if it ends at $7, the next page of the snapshot: the `put` frames of at
-- most $2 leads with ids beyond $1, in their order. The frames' fixed parts are $3 to $6. A page
-- reaches to the lead after $8 others whose documents are large, whether they match or not, or
-- else to the greatest id of all, $9.
-- One statement, so that all is of one moment without a transaction. First comes a row of epoch,
-- position, position of pruning, and the id to which the page reaches if it is not full.
-- A row each, and nothing else in it: rows are sent while the next ones are read. One value of
-- all frames takes half as long again, most of it to get memory for megabytes from the system.
-- As bytes, since the frames are sent on untouched: as text, one letter beyond Latin-1 makes the
-- reader hold two bytes, or four, for each character.
WITH reach AS (
    SELECT
        coalesce(
            (
                SELECT id
                FROM leads
                WHERE life = (SELECT life FROM head) AND id > $1 AND octet_length(doc) > 1024
                ORDER BY id
                OFFSET $8::integer LIMIT 1
            ),
            $9::uuid
        ) AS id
)

SELECT convert_to(concat_ws(' ', head.epoch, head.pos, pruned.pos, reach.id), 'UTF8') AS frame
FROM head CROSS JOIN pruned CROSS JOIN reach

UNION ALL

(
    SELECT convert_to($3::text || id || $4::text || rev || $5::text || doc || $6::text, 'UTF8')
    FROM leads
    WHERE
        life = (SELECT life FROM head WHERE pos = $7)
        AND id > $1
        AND id <= (SELECT reach.id FROM reach)
        AND doc IS NOT NULL /* and the conditions */
    ORDER BY id
    LIMIT $2
)
