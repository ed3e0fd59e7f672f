-- Beyond the journal's days an event is kept for deliveries that are not settled, and no longer.
DELETE FROM journal_kept
WHERE NOT EXISTS (
    SELECT
    FROM deliveries
    WHERE webhook_id IS NOT NULL
        AND entry_received_at = journal_kept.received_at
        AND entry_position = journal_kept.position
        AND status IN ('pending', 'parked')
)
