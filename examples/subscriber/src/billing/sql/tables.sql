-- Who is a customer, and since when.
CREATE TABLE IF NOT EXISTS customers (
    lead_id TEXT PRIMARY KEY,
    since   TEXT NOT NULL
);
-- How to reach a lead: by the newest that is known, whichever event said it.
CREATE TABLE IF NOT EXISTS contacts (
    lead_id     TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    family_name TEXT NOT NULL,
    email       TEXT NOT NULL,
    cellphone   TEXT
);
-- One row for each letter that went out. Nothing here forbids a second one.
CREATE TABLE IF NOT EXISTS welcomes (
    lead_id TEXT NOT NULL
);
