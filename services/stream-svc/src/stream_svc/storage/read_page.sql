-- The next page of the snapshot as one value: the `put` frames of at most $2 leads with
-- ids beyond $1, joined here so that no row has to be looked at by the service. The
-- frames' fixed parts are $3 to $6.
-- The rows come in the order of the index, and the aggregates take them as they come: a
-- window function or an ORDER BY in them would take as long as all the rest.
SELECT
    convert_to(string_agg(frame, ''), 'UTF8') AS frames,
    (array_agg(id))[count(*)] AS last_id,
    count(*) AS taken
FROM (
    SELECT id, $3::text || id || $4::text || rev || $5::text || doc || $6::text AS frame
    FROM leads
    WHERE life = (SELECT life FROM head) AND id > $1 AND doc IS NOT NULL /* and the conditions */
    ORDER BY id
    LIMIT $2
) AS page
