-- The projection: both sides of every lead, and its JSON ready to be sent.

CREATE TABLE leads (
    -- Which life of the projection the row belongs to: see head.
    life               integer     NOT NULL,
    id                 uuid        NOT NULL,
    -- The contact side; contact_rev is 0 until it comes. Of an erased lead only the revs
    -- stay, so that what arrives late is known to be older.
    contact_rev        bigint      NOT NULL,
    name               text,
    family_name        text,
    email              text,
    cellphone          text,
    attributes         json,
    origin             text,
    import_id          uuid,
    has_resume         boolean,
    created_at         timestamptz,
    contact_updated_at timestamptz,
    -- The work side; work_rev is 0 until it comes.
    work_rev           bigint      NOT NULL,
    status             text        NOT NULL,
    manager_id         uuid,
    manager_name       text,
    assigned_at        timestamptz,
    decided_at         timestamptz,
    work_updated_at    timestamptz,
    -- Made of both.
    erased             boolean     NOT NULL,
    email_domain       text,
    -- By which leads are found and sorted, as domain/text_keys.py makes them: of name and
    -- family name, of family name and name, and of the email. In the order of code points,
    -- which is the same on every server, and in which an index serves prefixes.
    name_key           text        COLLATE "C",
    family_name_key    text        COLLATE "C",
    email_key          text        COLLATE "C",
    updated_at         timestamptz GENERATED ALWAYS AS (
        greatest(contact_updated_at, work_updated_at)
    ) STORED,
    rev                bigint      NOT NULL,
    doc                text,
    PRIMARY KEY (life, id),
    CONSTRAINT a_visible_lead_has_a_contact_side
        CHECK ((doc IS NOT NULL) = (contact_rev > 0 AND NOT erased)),
    CONSTRAINT an_erased_lead_has_no_personal_data
        CHECK (NOT erased OR num_nonnulls(name, family_name, email, cellphone, attributes,
                                          email_domain, name_key, family_name_key, email_key,
                                          doc) = 0)
);

-- Pages of one status, and counts by status.
CREATE INDEX leads_status ON leads (life, status, id) WHERE doc IS NOT NULL;
-- Pages in each order, and searches for what a name, a family name or an email begins with.
CREATE INDEX leads_created_at ON leads (life, created_at, id) WHERE doc IS NOT NULL;
CREATE INDEX leads_updated_at ON leads (life, updated_at, id) WHERE doc IS NOT NULL;
CREATE INDEX leads_name ON leads (life, name_key, id) WHERE doc IS NOT NULL;
CREATE INDEX leads_email ON leads (life, email_key, id) WHERE doc IS NOT NULL;
CREATE INDEX leads_family_name ON leads (life, family_name_key) WHERE doc IS NOT NULL;
-- Pages of the stream end before they would hold too many of these.
CREATE INDEX leads_large ON leads (life, id) WHERE octet_length(doc) > 1024;
-- Leads to be rendered anew when their manager is called otherwise.
CREATE INDEX leads_manager ON leads (life, manager_id) WHERE manager_id IS NOT NULL;

-- What managers are called. rev is 0 while only a lead's event has named the manager.
CREATE TABLE managers (
    life integer NOT NULL,
    id   uuid    NOT NULL,
    name text    NOT NULL,
    rev  bigint  NOT NULL,
    PRIMARY KEY (life, id)
);

-- The position of the newest change, the epoch of the log that it belongs to, and the life of
-- the projection that the log is of and that readers see. A rebuild fills the next life beside
-- it, and then makes that the one that is served, with a new epoch.
-- Whoever writes changes takes this row's lock last and holds it until the commit: so
-- positions become visible in their order, and a reader that has seen one has seen all
-- before it. Room for many versions on its page keeps the updates HOT.
CREATE TABLE head (
    only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    epoch     uuid    NOT NULL DEFAULT gen_random_uuid(),
    pos       bigint  NOT NULL DEFAULT 0,
    life      integer NOT NULL DEFAULT 1,
    next_life integer CHECK (next_life > life)
) WITH (fillfactor = 10);
INSERT INTO head DEFAULT VALUES;

-- Changes up to this position have been pruned. Apart from head, so that pruning never
-- waits for writers nor they for it.
CREATE TABLE pruned (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    pos      bigint  NOT NULL DEFAULT 0
);
INSERT INTO pruned DEFAULT VALUES;

-- The change log: what filters need of a lead before and after, and its JSON after.
-- after and doc are null if the lead was erased; an erasure scrubs the lead's older rows.
CREATE TABLE changes (
    pos     bigint      PRIMARY KEY,
    lead_id uuid        NOT NULL,
    rev     bigint      NOT NULL,
    before  text,
    after   text,
    doc     text,
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT a_document_comes_with_its_facets CHECK ((doc IS NULL) = (after IS NULL))
);

-- Rows to scrub when a lead is erased.
CREATE INDEX changes_lead ON changes (lead_id);
