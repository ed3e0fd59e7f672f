-- Reads all leads_created of the journal: erasures are rare, and an index over the leads of
-- every event would cost each of a million imported leads something.
SELECT received_at, position, body
FROM journal
WHERE type = 'leads_created'
    AND body IS NOT NULL
    AND position(convert_to($1, 'UTF8') IN body) > 0
FOR UPDATE
