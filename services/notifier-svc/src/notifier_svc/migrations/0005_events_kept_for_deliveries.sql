-- A delivery to a webhook names its event's place in the journal. What still waits, or is parked,
-- keeps its event beyond the journal's days: it moves into a partition of its own when its day is
-- dropped, so that deliveries find it and erasures redact it as before. Who reads the journal does
-- not see it: consumers may have forgotten that they handled it.
ALTER TABLE journal ADD COLUMN kept boolean NOT NULL DEFAULT false;

-- The check has new events refused, not kept here, should the partition of their day be missing.
CREATE TABLE journal_kept PARTITION OF journal (CHECK (kept)) DEFAULT;

-- Of a day that is no part of the journal any more.
CREATE FUNCTION keep_what_deliveries_wait_for(past_day regclass) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO journal_kept (
            received_at, position, event_id, source, type, subject, time, content_type, body,
            headers, redacted_at, turn, leads, kept
        )
        SELECT
            received_at, position, event_id, source, type, subject, time, content_type, body,
            headers, redacted_at, turn, leads, true
        FROM %s
        WHERE (received_at, position) IN (
            SELECT entry_received_at, entry_position
            FROM deliveries
            WHERE webhook_id IS NOT NULL
                AND status IN (''pending'', ''parked'')
        )',
        past_day
    );
END
$$;

-- To be run while no erasure is: one would not see the copies, and leave a lead's data in them.
-- From the detaching on everybody waits who wants to read or write the journal, so nothing more
-- can be planned for what is dropped.
CREATE OR REPLACE FUNCTION drop_journal_days_before(day date) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    partition text;
    dropped integer := 0;
BEGIN
    PERFORM lock_journal_partitions();
    FOR partition IN
        SELECT relname
        FROM pg_inherits
        JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'journal'::regclass
            AND relname ~ '^journal_[0-9]{8}$'
            AND relname < journal_partition_name(day)
    LOOP
        EXECUTE format('ALTER TABLE journal DETACH PARTITION %I', partition);
        PERFORM keep_what_deliveries_wait_for(partition::regclass);
        EXECUTE format('DROP TABLE %I', partition);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;

-- To count what is parked without reading rows.
CREATE INDEX deliveries_parked ON deliveries (kind) WHERE status = 'parked';
