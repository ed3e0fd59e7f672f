-- Take the next positions and write the changes at them, waking those who follow.
-- The update locks head until the commit: nothing but the commit may come after this.
-- Nothing is written if the log is of another epoch by now.
WITH new AS (
    SELECT *
    FROM unnest($1::uuid [], $2::bigint [], $3::text [], $4::text [], $5::text [])
    WITH ORDINALITY AS new (lead_id, rev, before, after, doc, place)
),

taken AS (
    UPDATE head SET pos = pos + cardinality($1::uuid [])
    WHERE epoch = $7
    RETURNING pos - cardinality($1::uuid []) AS before_first
),

woken AS (
    SELECT pg_notify($6, '') AS notified
),

written AS (
    INSERT INTO changes (pos, lead_id, rev, before, after, doc)
    SELECT taken.before_first + new.place, new.lead_id, new.rev, new.before, new.after, new.doc
    FROM new CROSS JOIN taken CROSS JOIN woken
    RETURNING pos
)

SELECT count(*) AS written FROM written
