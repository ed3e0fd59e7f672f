INSERT INTO leadwire_revs (subscription, id, contact, work, manager)
VALUES (?, ?, ?, ?, ?)
ON CONFLICT (subscription, id) DO UPDATE
SET contact = max(contact, excluded.contact),
    work = max(work, excluded.work),
    manager = max(manager, excluded.manager)
WHERE contact < excluded.contact
   OR work < excluded.work
   OR manager < excluded.manager;
