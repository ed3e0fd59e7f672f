-- Where other systems want events sent to.
CREATE TABLE webhooks (
    id uuid PRIMARY KEY, -- UUIDv7
    url text NOT NULL,
    types text[] NOT NULL, -- none: every event
    description text NOT NULL,
    state text NOT NULL CHECK (state IN ('enabled', 'paused', 'disabled', 'deleted')),
    state_reason text, -- why it is disabled, if not by request
    secret text NOT NULL, -- as it is given to people: it is needed to sign
    previous_secrets text[] NOT NULL DEFAULT '{}', -- the newest first
    previous_secret_until timestamptz,
    enabled_since timestamptz NOT NULL DEFAULT now(), -- what waits is tried from then on
    -- The circuit breaker, the same for all replicas.
    failures integer NOT NULL DEFAULT 0, -- deliveries that failed since one succeeded
    failing_since timestamptz,
    resume_at timestamptz NOT NULL DEFAULT now(), -- nothing is sent before
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT webhooks_previous_secret_ends
        CHECK ((cardinality(previous_secrets) = 0) = (previous_secret_until IS NULL))
);

-- UUIDv7: deliveries are planned by one statement for many webhooks or events, and are listed
-- in the order of their ids.
CREATE FUNCTION new_delivery_id() RETURNS uuid
LANGUAGE sql VOLATILE AS $$
    SELECT encode(
        set_bit(
            set_bit(
                overlay(
                    uuid_send(gen_random_uuid())
                    PLACING substring(
                        int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3
                    )
                    FROM 1 FOR 6
                ),
                52, 1
            ),
            53, 1
        ),
        'hex'
    )::uuid
$$;

-- A delivery to a webhook names the event's place in the journal and has no copy of its body:
-- so what is redacted there is redacted for all that still wait.
ALTER TABLE deliveries
    ALTER COLUMN id SET DEFAULT new_delivery_id(),
    ALTER COLUMN lead_id DROP NOT NULL,
    ALTER COLUMN subject DROP NOT NULL,
    ADD COLUMN webhook_id uuid,
    ADD COLUMN event_type text,
    ADD COLUMN about text, -- the event's subject: what is about the same goes in order
    ADD COLUMN entry_received_at timestamptz, -- in the journal
    ADD COLUMN entry_position bigint,
    ADD COLUMN waiting_since timestamptz NOT NULL DEFAULT now(), -- from then on it is tried
    ADD COLUMN leased_until timestamptz, -- somebody is trying it
    ADD COLUMN last_status integer, -- of the endpoint's last answer
    DROP CONSTRAINT deliveries_kind_check,
    DROP CONSTRAINT deliveries_have_content,
    ADD CONSTRAINT deliveries_kind_check
        CHECK (kind IN ('acknowledgement', 'alert', 'webhook')),
    ADD CONSTRAINT deliveries_name_who_gets_what CHECK (
        CASE kind
            WHEN 'webhook' THEN
                num_nulls(webhook_id, event_type, entry_received_at, entry_position) = 0
                AND num_nonnulls(recipient, subject, body) = 0
            ELSE
                lead_id IS NOT NULL
                AND webhook_id IS NULL
                AND (status <> 'pending' OR num_nulls(recipient, subject, body) = 0)
        END
    );

DROP INDEX deliveries_due;
CREATE INDEX deliveries_due ON deliveries (next_attempt_at)
    WHERE status = 'pending' AND webhook_id IS NULL;
CREATE INDEX deliveries_due_at_webhook ON deliveries (webhook_id, next_attempt_at)
    WHERE status = 'pending' AND webhook_id IS NOT NULL;
CREATE INDEX deliveries_in_order ON deliveries (webhook_id, about, entry_position)
    WHERE status = 'pending' AND webhook_id IS NOT NULL AND about IS NOT NULL;
CREATE INDEX deliveries_by_webhook ON deliveries (webhook_id, id) WHERE webhook_id IS NOT NULL;
CREATE INDEX deliveries_parked_at_webhook ON deliveries (webhook_id)
    WHERE status = 'parked' AND webhook_id IS NOT NULL;
