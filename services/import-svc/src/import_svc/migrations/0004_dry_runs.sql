-- A dry run must know which keys its earlier rows would have taken; there may be millions.
-- Nothing of it is worth a log: after a crash of the server both are empty, as they should be.
CREATE UNLOGGED TABLE dry_runs (
    id uuid PRIMARY KEY,
    worker uuid NOT NULL -- the process that runs it; see imports.worker
);

-- No foreign key: it would be checked for each key.
CREATE UNLOGGED TABLE dry_run_keys (
    dry_run_id uuid NOT NULL,
    kind text NOT NULL, -- email or cellphone
    key text NOT NULL,
    PRIMARY KEY (dry_run_id, kind, key)
);
