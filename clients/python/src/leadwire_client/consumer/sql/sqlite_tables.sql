CREATE TABLE IF NOT EXISTS leadwire_inbox (
    subscription TEXT NOT NULL,
    source       TEXT NOT NULL,
    event_id     TEXT NOT NULL,
    handled_at   REAL NOT NULL,
    PRIMARY KEY (subscription, source, event_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS leadwire_inbox_handled_at ON leadwire_inbox (handled_at);
CREATE TABLE IF NOT EXISTS leadwire_revs (
    subscription TEXT NOT NULL,
    id           TEXT NOT NULL,
    contact      INTEGER NOT NULL,
    work         INTEGER NOT NULL,
    manager      INTEGER NOT NULL,
    PRIMARY KEY (subscription, id)
) WITHOUT ROWID;
