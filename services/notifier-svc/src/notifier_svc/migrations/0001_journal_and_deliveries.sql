-- Every event of the last days, as received, one partition per day (UTC). The inbox keeps
-- an event from standing here twice.
CREATE SEQUENCE journal_position;

CREATE TABLE journal (
    received_at timestamptz NOT NULL DEFAULT now(),
    position bigint NOT NULL DEFAULT nextval('journal_position'),
    event_id text NOT NULL,
    source text NOT NULL,
    type text NOT NULL,
    subject text,
    time timestamptz,
    content_type text NOT NULL,
    body bytea, -- null once the lead that it was about is erased
    headers text[] NOT NULL, -- names and values in turn
    redacted_at timestamptz,
    PRIMARY KEY (received_at, position)
) PARTITION BY RANGE (received_at);

ALTER SEQUENCE journal_position OWNED BY journal.position;

-- Written once and seldom read: compressing bodies would cost more time than it saves.
ALTER TABLE journal ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE INDEX journal_by_type ON journal (type, received_at, position);
CREATE INDEX journal_by_subject ON journal (subject) WHERE subject IS NOT NULL; -- for erasure

CREATE FUNCTION journal_partition_name(day date) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT 'journal_' || to_char(day, 'YYYYMMDD') $$;

-- Both functions wait for each other's other runs, so that replicas do not collide.
CREATE FUNCTION lock_journal_partitions() RETURNS void
LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' journal partitions', 0))
$$;

CREATE FUNCTION add_journal_days(first date, last date) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    day date;
    added integer := 0;
BEGIN
    PERFORM lock_journal_partitions();
    FOR n IN 0..(last - first) LOOP
        day := first + n;
        CONTINUE WHEN to_regclass(quote_ident(journal_partition_name(day))) IS NOT NULL;
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF journal FOR VALUES FROM (%L) TO (%L)',
            journal_partition_name(day),
            day::timestamp AT TIME ZONE 'UTC',
            (day + 1)::timestamp AT TIME ZONE 'UTC'
        );
        added := added + 1;
    END LOOP;
    RETURN added;
END
$$;

CREATE FUNCTION drop_journal_days_before(day date) RETURNS integer
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
        WHERE inhparent = 'journal'::regclass AND relname < journal_partition_name(day)
    LOOP
        EXECUTE format('DROP TABLE %I', partition);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;

-- What is left of an erased lead: its id, so that events that come late are redacted too.
CREATE TABLE erased_leads (
    lead_id uuid PRIMARY KEY,
    erased_at timestamptz NOT NULL DEFAULT now()
);

-- Emails to send. A row is written in the transaction that handles the event, and tried later.
CREATE TABLE deliveries (
    id uuid PRIMARY KEY, -- UUIDv7: its order is the order of planning
    source text NOT NULL,
    event_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('acknowledgement', 'alert')),
    lead_id uuid NOT NULL,
    recipient text,
    subject text NOT NULL,
    body text,
    html text, -- the same as body, for readers that show it
    status text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'delivered', 'parked', 'cancelled')),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT deliveries_once_per_event UNIQUE (source, event_id, kind, lead_id),
    CONSTRAINT deliveries_have_content
        CHECK (status <> 'pending' OR num_nulls(recipient, body) = 0)
);

CREATE INDEX deliveries_due ON deliveries (next_attempt_at) WHERE status = 'pending';
CREATE INDEX deliveries_by_status ON deliveries (status, id);
CREATE INDEX deliveries_by_lead ON deliveries (lead_id); -- for erasure
CREATE INDEX deliveries_finished ON deliveries (updated_at) WHERE status <> 'pending';
