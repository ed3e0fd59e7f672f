-- The leads as their owners have them: contact data of import-svc, work of manager-svc. A lead
-- that manager-svc has not heard of has no status, and then the two disagree.
SELECT
    contact.id,
    contact.name,
    contact.family_name,
    contact.email,
    contact.cellphone,
    contact.rev AS contact_rev,
    work.status,
    work.manager_id,
    work.rev AS work_rev
FROM import_svc.leads AS contact
LEFT JOIN manager_svc.leads AS work ON work.id = contact.id AND work.erased_at IS NULL
