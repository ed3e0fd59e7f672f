-- What still moves in the database.
SELECT
    (SELECT count(*) FROM import_svc.outbox WHERE parked_at IS NULL) AS import_svc_outbox,
    (SELECT count(*) FROM manager_svc.outbox WHERE parked_at IS NULL) AS manager_svc_outbox,
    (SELECT count(*) FROM notifier_svc.outbox WHERE parked_at IS NULL) AS notifier_svc_outbox,
    (SELECT count(*) FROM notifier_svc.deliveries WHERE status = 'pending') AS deliveries,
    (SELECT count(*) FROM notifier_svc.replays WHERE status = 'running') AS replays,
    (SELECT count(*) FROM import_svc.imports WHERE status = 'running') AS imports
