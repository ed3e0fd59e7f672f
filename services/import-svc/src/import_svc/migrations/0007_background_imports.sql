-- Imports that are worked off later, by whichever process is free.
ALTER TABLE imports
    ALTER COLUMN worker DROP NOT NULL, -- a running import without a worker waits for one
    ADD COLUMN encoding text,
    ADD COLUMN mapped jsonb NOT NULL DEFAULT '{}', -- column by field, where the request said so
    ADD COLUMN body_file text, -- where the file store has the body; null: it comes over HTTP
    ADD COLUMN body_bytes bigint,
    ADD COLUMN bytes_done bigint NOT NULL DEFAULT 0, -- of the body, by the chunks stored
    -- When the worker of now had stored its first chunk, and what was done then.
    ADD COLUMN rate_since timestamptz,
    ADD COLUMN rate_received bigint NOT NULL DEFAULT 0,
    ADD COLUMN rate_bytes bigint NOT NULL DEFAULT 0,
    -- How often it was taken in hand without a chunk stored, and when it may be again.
    ADD COLUMN takes integer NOT NULL DEFAULT 0,
    ADD COLUMN not_before timestamptz,
    ADD CONSTRAINT imports_waiting_has_body
        CHECK (status <> 'running' OR worker IS NOT NULL OR body_file IS NOT NULL),
    ADD CONSTRAINT imports_body_is_whole
        CHECK (body_file IS NULL OR (body_bytes IS NOT NULL AND body_hash IS NOT NULL)),
    DROP CONSTRAINT imports_status_known,
    ADD CONSTRAINT imports_status_known
        CHECK (status IN ('running', 'completed', 'failed', 'cancelled'));

-- Whether a file is still needed.
CREATE INDEX imports_by_body_file ON imports (body_file) WHERE status = 'running';
