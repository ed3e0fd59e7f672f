-- What was to be sent for each lead of the form that is still there.
SELECT
    leads.id AS lead_id,
    count(*) FILTER (WHERE kind = 'acknowledgement' AND status = 'delivered') AS acknowledgements,
    count(*) FILTER (WHERE kind = 'alert' AND status = 'delivered') AS alerts
FROM import_svc.leads
LEFT JOIN notifier_svc.deliveries ON deliveries.lead_id = leads.id
WHERE leads.origin = 'form'
GROUP BY leads.id
