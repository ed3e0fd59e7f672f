-- The next page of the snapshot as one value: the `put` frames of leads with ids beyond
-- $1, joined here so that no row has to be looked at by the service. At most $2 leads,
-- and no more than about $3 bytes. The frames' fixed parts are $4 to $7.
-- "found" is greater than "taken" if there are more.
SELECT
    convert_to(string_agg(frame, '') FILTER (WHERE fits), 'UTF8') AS frames,
    (array_agg(id) FILTER (WHERE fits))[count(*) FILTER (WHERE fits)] AS last_id,
    count(*) FILTER (WHERE fits) AS taken,
    count(*) AS found
FROM (
    SELECT
        id,
        $4::text || id || $5::text || rev || $6::text || doc || $7::text AS frame,
        row_number() OVER (ORDER BY id) <= $2::integer
        AND sum(octet_length(doc)) OVER (ORDER BY id) - octet_length(doc) < $3::bigint AS fits
    FROM (
        SELECT id, rev, doc
        FROM leads
        WHERE id > $1 AND doc IS NOT NULL /* and the filter */
        ORDER BY id
        LIMIT $2::integer + 1
    ) AS rows_beyond
    ORDER BY id
) AS page
