INSERT INTO leadwire_inbox (subscription, source, event_id, handled_at)
VALUES (?, ?, ?, ?)
ON CONFLICT DO NOTHING;
