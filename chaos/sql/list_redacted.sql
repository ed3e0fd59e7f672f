-- Events of which an erasure has left nothing, so that the journal tells nobody of them any more.
SELECT source, event_id
FROM notifier_svc.journal
WHERE body IS NULL
