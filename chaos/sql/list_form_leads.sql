SELECT id
FROM import_svc.leads
WHERE origin = 'form'
