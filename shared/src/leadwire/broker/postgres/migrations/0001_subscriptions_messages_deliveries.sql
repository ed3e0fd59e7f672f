CREATE TABLE subscriptions (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    types text[] NOT NULL,
    ordered boolean NOT NULL,
    declared_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON COLUMN subscriptions.types IS 'Event types wanted; ''#'' stands for every one.';

-- By these the services know that it is the broker that they had before.
CREATE TABLE marks (
    mark text PRIMARY KEY
);

CREATE SEQUENCE message_numbers AS bigint;

-- A consumer's session, known by an advisory lock that its connection holds.
CREATE SEQUENCE session_numbers AS integer CYCLE;

-- A message is stored once, whatever the number of its subscriptions, and deleted with the
-- last of its deliveries. `headers` is json, not jsonb: it keeps the text as it was given.
CREATE TABLE messages (
    number bigint PRIMARY KEY,
    message_id text NOT NULL,
    type text NOT NULL,
    content_type text NOT NULL,
    headers json NOT NULL,
    body bytea NOT NULL,
    accepted_at timestamptz NOT NULL DEFAULT now()
) WITH (
    -- Rows come and go: vacuum by their number, not by the share of a table that is
    -- empty at one time and has a million rows at another, and without pauses.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 10000
);

-- What each subscription still has to handle. There is no foreign key: it would check every
-- row of a fan-out, while deliveries are only inserted in one statement with their message.
CREATE TABLE deliveries (
    message_number bigint NOT NULL,
    subscription_id integer NOT NULL,
    available_at timestamptz NOT NULL,
    attempt integer NOT NULL DEFAULT 1,
    excused integer NOT NULL DEFAULT 0,
    losses integer NOT NULL DEFAULT 0,
    session integer,
    PRIMARY KEY (message_number, subscription_id)
) WITH (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 10000
);

COMMENT ON COLUMN deliveries.available_at IS
    'Not to be delivered before; -infinity in an ordered subscription, which goes by number.';
COMMENT ON COLUMN deliveries.excused IS
    'How many attempts before this one failed by no fault of the message.';
COMMENT ON COLUMN deliveries.losses IS 'How many consumers vanished while they held it.';
COMMENT ON COLUMN deliveries.session IS 'The session that has claimed it, or null.';

-- Serves every claim: its first entries are what is due next, however long the backlog is.
CREATE INDEX deliveries_free ON deliveries (subscription_id, available_at, message_number)
WHERE session IS NULL;

-- As small as the number of claims: serves the sweep and the end of a session.
CREATE INDEX deliveries_held ON deliveries (session) WHERE session IS NOT NULL;
