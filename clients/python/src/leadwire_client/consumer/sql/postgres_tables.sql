-- What a consumer keeps beside its own tables. Put it into a migration of yours if the
-- consumer's role may not create tables.
CREATE TABLE IF NOT EXISTS leadwire_inbox (
    subscription text NOT NULL,
    source       text NOT NULL,
    event_id     text NOT NULL,
    handled_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (subscription, source, event_id)
);
CREATE INDEX IF NOT EXISTS leadwire_inbox_handled_at ON leadwire_inbox (handled_at);
CREATE TABLE IF NOT EXISTS leadwire_revs (
    subscription text NOT NULL,
    id           text NOT NULL,
    contact      bigint NOT NULL,
    work         bigint NOT NULL,
    manager      bigint NOT NULL,
    PRIMARY KEY (subscription, id)
);
