-- Lead managers, the places they have for leads, the leads, and what happened to them.
--
-- G4 is held here, not in code:
--   * a lead has one assignee at most:            leads.manager_id is one column;
--   * a place holds one lead at most:             slots.lead_id is one column;
--   * a manager has at most `capacity` places:    slots_within_capacity + slots_manager_fkey;
--   * an assignee really has a place for it:      leads_slot_fkey;
--   * a lead sits in one place at most:           slots_lead_key;
--   * a decided or erased lead has no assignee:   leads_decided_is_free, leads_erased_is_free.
--
-- Not held here is that a lead agrees with the place that names it: a place may be lost to a lead
-- that has no assignee. The key for it would cost each assignment an index and a deferred check.

CREATE TABLE managers (
    id          uuid PRIMARY KEY,
    name        text NOT NULL CHECK (name <> ''),
    folded_name text NOT NULL,  -- name without case and accents, for searches
    email       text,
    -- The email in lower case, by this service's rules: the database's lower() depends on
    -- its collation and would disagree on letters beyond ASCII.
    email_key   text,
    capacity    integer NOT NULL CHECK (capacity BETWEEN 1 AND 1000),
    state       text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'removed')),
    rev         integer NOT NULL DEFAULT 1 CHECK (rev >= 1),
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    CONSTRAINT managers_capacity_key UNIQUE (id, capacity),
    CONSTRAINT managers_email_has_key CHECK ((email IS NULL) = (email_key IS NULL))
);

-- A removed manager's email may be used again.
CREATE UNIQUE INDEX managers_email_key ON managers (email_key) WHERE state <> 'removed';

-- Searches look for a part of the name: the index has every part of one to three letters.
-- Extensions that do so (pg_trgm) need an administrator's leave, and three letters at least.
CREATE FUNCTION parts_of_name(name text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
COST 10000 -- takes the name apart: the index is to be taken also where managers are few
AS $$
    SELECT array_agg(DISTINCT substr(name, first, size))
    FROM generate_series(1, char_length(name)) AS first, generate_series(1, 3) AS size
$$;

CREATE INDEX managers_by_part_of_name ON managers USING gin (parts_of_name(folded_name));

-- One row per lead that a manager can hold. It holds a lead (lead_id), is offered to the
-- matcher (free_since), or is withheld because its manager is paused (neither).
CREATE TABLE slots (
    manager_id uuid NOT NULL,
    number     integer NOT NULL,
    capacity   integer NOT NULL,
    lead_id    uuid,
    free_since timestamptz,
    -- Deferrable, so that places can be numbered anew in one statement.
    CONSTRAINT slots_pkey PRIMARY KEY (manager_id, number) DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT slots_within_capacity CHECK (number BETWEEN 1 AND capacity),
    CONSTRAINT slots_held_or_offered CHECK (num_nonnulls(lead_id, free_since) <= 1),
    CONSTRAINT slots_lead_key UNIQUE (lead_id),
    CONSTRAINT slots_holding_key UNIQUE (manager_id, lead_id),
    CONSTRAINT slots_manager_fkey FOREIGN KEY (manager_id, capacity)
        REFERENCES managers (id, capacity) ON UPDATE CASCADE
);

-- The matcher's view of the managers: who has been free longest.
CREATE INDEX slots_offered ON slots (free_since, manager_id, number) WHERE free_since IS NOT NULL;

CREATE TABLE leads (
    id          uuid PRIMARY KEY,
    created_at  timestamptz,
    contact_rev bigint NOT NULL,
    name        text,
    family_name text,
    email       text,
    cellphone   text,
    status      text NOT NULL DEFAULT 'pending'
                CHECK (status IN ('pending', 'reached_out', 'interested', 'not_interested')),
    manager_id  uuid,
    assigned_at timestamptz,
    decided_at  timestamptz,
    updated_at  timestamptz NOT NULL,
    rev         integer NOT NULL DEFAULT 0 CHECK (rev >= 0),
    erased_at   timestamptz,
    CONSTRAINT leads_slot_fkey FOREIGN KEY (manager_id, id)
        REFERENCES slots (manager_id, lead_id),
    CONSTRAINT leads_assigned_at CHECK ((manager_id IS NULL) = (assigned_at IS NULL)),
    CONSTRAINT leads_decided_at
        CHECK ((status IN ('interested', 'not_interested')) = (decided_at IS NOT NULL)),
    CONSTRAINT leads_decided_is_free CHECK (decided_at IS NULL OR manager_id IS NULL),
    CONSTRAINT leads_erased_is_free CHECK (erased_at IS NULL OR manager_id IS NULL),
    -- A tombstone keeps no personal data; anything else is complete.
    CONSTRAINT leads_erased_is_empty CHECK (
        erased_at IS NULL OR num_nonnulls(name, family_name, email, cellphone) = 0
    ),
    CONSTRAINT leads_complete CHECK (
        erased_at IS NOT NULL OR num_nulls(created_at, name, family_name, email) = 0
    )
);

-- The matcher's view of the leads: who has waited longest. Assigned, decided and erased
-- leads are not in it, so it stays as short as the queue.
CREATE INDEX leads_waiting ON leads (created_at, id)
    WHERE manager_id IS NULL AND decided_at IS NULL AND erased_at IS NULL;

-- Which leads are not offered to which managers, since those gave them back. A row is forgotten
-- when the manager gets a lead, so he has no more of them than he had leads; when the lead is
-- decided or erased; and after a while.
CREATE TABLE given_back (
    lead_id    uuid NOT NULL,
    manager_id uuid NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (lead_id, manager_id)
);

CREATE INDEX given_back_by_manager ON given_back (manager_id, at);

CREATE INDEX given_back_by_age ON given_back (at);

-- What was seen when leads were assigned, and who got what: one row for all leads of one round
-- of the matcher, from which domain/explanation.py explains each assignment. Once they are all
-- decided, it goes after a while.
CREATE TABLE matchings (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    free        uuid[] NOT NULL,        -- managers of the places that were free longest
    free_since  timestamptz[] NOT NULL, -- of the same places
    more_free   boolean,                -- NULL if nobody looked
    waiting     uuid[] NOT NULL,        -- the oldest leads
    manager_ids uuid[] NOT NULL,        -- who got a lead, in this order
    lead_ids    uuid[] NOT NULL,        -- which one
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX matchings_by_age ON matchings (created_at); -- for housekeeping

-- What happened to the leads. Nothing in it changes or goes, but the words of people about a
-- lead that was erased: they may be personal data.
CREATE TABLE lead_history (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lead_id     uuid NOT NULL,
    at          timestamptz NOT NULL,
    what        text NOT NULL,
    actor       text NOT NULL,
    from_status text NOT NULL,
    to_status   text NOT NULL,
    manager_id  uuid,
    rule        text, -- by which a manager got or lost the lead, in a word of this service's own
    reason      text, -- in the words of whoever did it
    -- Of an assignment; no foreign key: each lead would pay for it, and the matching goes first.
    matching_id bigint
);

CREATE INDEX lead_history_by_lead ON lead_history (lead_id, id);

CREATE FUNCTION lead_history_only_grows() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        OLD.reason := NULL;
        IF NEW IS NOT DISTINCT FROM OLD AND EXISTS (
            SELECT FROM leads WHERE id = OLD.lead_id AND erased_at IS NOT NULL
        ) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the history of leads is never changed'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'lead_history_only_grows';
END
$$;

CREATE TRIGGER lead_history_only_grows BEFORE UPDATE OR DELETE ON lead_history
FOR EACH ROW EXECUTE FUNCTION lead_history_only_grows();

CREATE TRIGGER lead_history_is_not_emptied BEFORE TRUNCATE ON lead_history
FOR EACH STATEMENT EXECUTE FUNCTION lead_history_only_grows();

-- A key that a manager gave to a request for the next lead, and the lead that he got by it. It is
-- forgotten after a week.
CREATE TABLE next_lead_keys (
    manager_id      uuid NOT NULL,
    idempotency_key text NOT NULL,
    lead_id         uuid NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (manager_id, idempotency_key)
);

CREATE INDEX next_lead_keys_by_age ON next_lead_keys (created_at); -- for housekeeping
