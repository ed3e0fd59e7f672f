-- Events that stand in the journal as they came: no erasure has taken anything out of them.
SELECT source, event_id, sha256(body) AS hash
FROM notifier_svc.journal
WHERE redacted_at IS NULL
