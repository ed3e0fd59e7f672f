-- Events that this service has to publish. A row is written in the transaction that makes
-- the change, and deleted when the broker has accepted the event.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id text NOT NULL,
    aggregate_id uuid,
    type text NOT NULL,
    content_type text NOT NULL,
    body bytea NOT NULL,
    headers text[] NOT NULL, -- names and values in turn
    created_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    parked_at timestamptz,
    CONSTRAINT outbox_headers_in_pairs CHECK (cardinality(headers) % 2 = 0)
);

-- Bodies are written once and read once: compressing them would only cost time.
ALTER TABLE outbox ALTER COLUMN body SET STORAGE EXTERNAL;

-- Nearly all rows live for milliseconds, so that what is dead is many times what is alive:
-- clean up by a fixed number of rows, not by a share of the table.
ALTER TABLE outbox SET (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 50000
);

CREATE INDEX outbox_parked ON outbox (id) WHERE parked_at IS NOT NULL;

-- For erasures, which take out what is not published yet about one thing.
CREATE INDEX outbox_by_aggregate ON outbox (aggregate_id) WHERE aggregate_id IS NOT NULL;

-- The relay listens on <schema>_outbox. Postgres sends equal notifications of one transaction
-- once, so however many statements fill the outbox, a transaction wakes the relay once.
CREATE FUNCTION outbox_wake_relay() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify(TG_TABLE_SCHEMA || '_outbox', '');
    RETURN NULL;
END
$$;

CREATE TRIGGER outbox_wake_relay AFTER INSERT ON outbox
FOR EACH STATEMENT EXECUTE FUNCTION outbox_wake_relay();

-- Events that a subscription of this service has handled; written in the handler's
-- transaction, so that a second delivery finds it and does nothing.
CREATE TABLE inbox (
    subscription text NOT NULL,
    source text NOT NULL,
    event_id text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (subscription, source, event_id)
);

CREATE INDEX inbox_received_at ON inbox (received_at); -- for the pruner

-- Deliveries set aside after their last attempt, kept until somebody requeues them.
CREATE TABLE parked (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscription text NOT NULL,
    source text NOT NULL, -- '' where the message named none
    event_id text NOT NULL,
    type text NOT NULL,
    content_type text NOT NULL,
    body bytea NOT NULL,
    headers text[] NOT NULL, -- names and values in turn
    reason text NOT NULL,
    attempts integer NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (subscription, source, event_id),
    CONSTRAINT parked_headers_in_pairs CHECK (cardinality(headers) % 2 = 0)
);
