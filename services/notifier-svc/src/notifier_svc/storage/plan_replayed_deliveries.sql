-- Of the events of these places in the journal. What is redacted meanwhile is not planned.
INSERT INTO deliveries
    (kind, webhook_id, source, event_id, event_type, about, entry_received_at, entry_position)
SELECT 'webhook', $1, source, event_id, type, subject, received_at, position
FROM journal
JOIN unnest($2::timestamptz[], $3::bigint[]) AS wanted (received_at, position)
    USING (received_at, position)
WHERE body IS NOT NULL
