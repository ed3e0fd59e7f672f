SELECT source, event_id, count(*) AS times
FROM notifier_svc.deliveries
WHERE webhook_id IS NOT NULL
GROUP BY source, event_id
