SELECT source, event_id, count(*) AS times
FROM notifier_svc.journal
GROUP BY source, event_id
