SELECT 'import_svc', 'outbox', event_id, coalesce(last_error, '') FROM import_svc.outbox WHERE parked_at IS NOT NULL
UNION ALL
SELECT 'manager_svc', 'outbox', event_id, coalesce(last_error, '') FROM manager_svc.outbox WHERE parked_at IS NOT NULL
UNION ALL
SELECT 'notifier_svc', 'outbox', event_id, coalesce(last_error, '') FROM notifier_svc.outbox WHERE parked_at IS NOT NULL
UNION ALL
SELECT 'manager_svc', subscription, event_id, reason FROM manager_svc.parked
UNION ALL
SELECT 'notifier_svc', subscription, event_id, reason FROM notifier_svc.parked
UNION ALL
SELECT 'stream_svc', subscription, event_id, reason FROM stream_svc.parked
UNION ALL
SELECT 'notifier_svc', kind, event_id, coalesce(last_error, '') FROM notifier_svc.deliveries WHERE status = 'parked'
