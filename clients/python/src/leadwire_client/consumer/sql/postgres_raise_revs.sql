-- One row for all sides of a thing: who writes any of them waits for an erasure under way.
-- By id, so that two transactions which meet wait for each other in one order.
INSERT INTO leadwire_revs AS held (subscription, id, contact, work, manager)
SELECT $1, new.id, new.contact, new.work, new.manager
FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) AS new (id, contact, work, manager)
ORDER BY new.id
ON CONFLICT (subscription, id) DO UPDATE
SET contact = greatest(held.contact, excluded.contact),
    work = greatest(held.work, excluded.work),
    manager = greatest(held.manager, excluded.manager)
WHERE held.contact < excluded.contact
   OR held.work < excluded.work
   OR held.manager < excluded.manager
RETURNING id;
