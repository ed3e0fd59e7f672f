-- Events of a range, sent once more to one subscription or webhook. A row tells what is wanted and how far it
-- is: whoever works it off goes on from here. Nothing personal stands in it: names and event types
-- are of few characters, and of a client's key there is only a hash.
CREATE TABLE replays (
    id uuid PRIMARY KEY, -- UUIDv7: its order is the order of asking
    status text NOT NULL DEFAULT 'running'
        CHECK (status IN ('running', 'completed', 'cancelled', 'failed')),
    subscription text,
    webhook_id uuid,
    types text[] NOT NULL, -- all if empty
    since timestamptz NOT NULL,
    until timestamptz, -- null: whatever happened before it was asked for
    turn bigint NOT NULL DEFAULT 0, -- the place in the journal of the last event that was settled
    position bigint NOT NULL DEFAULT 0,
    reached_at timestamptz, -- the moment of receipt of that event
    total bigint, -- null if it was not counted
    sent bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    held_up_by text,
    error_code text,
    error text,
    key_hash bytea UNIQUE,
    request_hash bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    CONSTRAINT replays_have_one_reader CHECK (num_nonnulls(subscription, webhook_id) = 1),
    CONSTRAINT replays_end CHECK ((status = 'running') = (finished_at IS NULL)),
    CONSTRAINT replays_fail_for_a_reason CHECK ((status = 'failed') = (error_code IS NOT NULL)),
    CONSTRAINT replays_key_has_request CHECK ((key_hash IS NULL) = (request_hash IS NULL))
);

CREATE INDEX replays_open ON replays (id) WHERE status = 'running';
CREATE INDEX replays_ended ON replays (finished_at) WHERE status <> 'running';
