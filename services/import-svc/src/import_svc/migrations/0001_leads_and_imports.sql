-- Contact data of leads; who works on them is manager-svc's business.
CREATE TABLE leads (
    id uuid PRIMARY KEY, -- UUIDv7: grows in the order of arrival
    name text NOT NULL,
    family_name text NOT NULL,
    email text NOT NULL,
    -- The email in lower case, by this service's rules: the database's lower() depends on
    -- its collation and would disagree on letters beyond ASCII.
    email_key text NOT NULL,
    cellphone text, -- E.164; only leads from the form may have none
    attributes jsonb NOT NULL DEFAULT '{}',
    origin text NOT NULL,
    import_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    rev integer NOT NULL DEFAULT 1,
    CONSTRAINT leads_email_unique UNIQUE (email_key),
    CONSTRAINT leads_cellphone_unique UNIQUE (cellphone),
    CONSTRAINT leads_origin_known CHECK (origin IN ('import', 'form', 'api')),
    CONSTRAINT leads_import_has_id CHECK ((origin = 'import') = (import_id IS NOT NULL)),
    CONSTRAINT leads_import_has_cellphone CHECK (origin <> 'import' OR cellphone IS NOT NULL)
);

-- One row per import: its receipt.
CREATE TABLE imports (
    id uuid PRIMARY KEY, -- UUIDv7
    status text NOT NULL DEFAULT 'running',
    media_type text NOT NULL,
    region text,
    worker uuid NOT NULL, -- the process that runs it, known to live by its advisory lock
    received bigint NOT NULL DEFAULT 0,
    imported bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    error_code text,
    error_detail text,
    CONSTRAINT imports_conservation CHECK (received = imported + failed), -- G1
    CONSTRAINT imports_status_known CHECK (status IN ('running', 'completed', 'failed')),
    CONSTRAINT imports_finished CHECK ((status = 'running') = (finished_at IS NULL)),
    CONSTRAINT imports_failed_with_reason CHECK ((status = 'failed') = (error_code IS NOT NULL))
);

CREATE INDEX imports_running ON imports (worker) WHERE status = 'running';

-- What was done of an import: one row per chunk, written with the chunk's leads. Whoever
-- lost the connection in the commit finds out here whether it happened.
CREATE TABLE import_chunks (
    import_id uuid NOT NULL REFERENCES imports ON DELETE CASCADE,
    number integer NOT NULL,
    received integer NOT NULL,
    imported integer NOT NULL,
    failed integer NOT NULL,
    PRIMARY KEY (import_id, number),
    CONSTRAINT import_chunks_conservation CHECK (received = imported + failed)
);

-- Rows that were not imported, with their values as given. No foreign key: it would be
-- checked for each of what may be a million rows, and only `store_chunk` writes here.
CREATE TABLE import_failures (
    import_id uuid NOT NULL,
    row bigint NOT NULL, -- number of the data row, from 1
    name text,
    family_name text,
    email text,
    cellphone text,
    reason text NOT NULL,
    codes text[] NOT NULL,
    PRIMARY KEY (import_id, row),
    CONSTRAINT import_failures_have_a_code CHECK (cardinality(codes) > 0)
);
