-- A key that a client gave an import, so that sending it again is safe.
ALTER TABLE imports
    ADD COLUMN idempotency_key text,
    ADD COLUMN request_hash bytea, -- of what, beside the body, decides over the outcome
    ADD COLUMN body_hash bytea, -- of the whole body; known once all of it was read
    ADD CONSTRAINT imports_idempotency_key_unique UNIQUE (idempotency_key),
    ADD CONSTRAINT imports_key_has_hash
        CHECK ((idempotency_key IS NULL) = (request_hash IS NULL)),
    ADD CONSTRAINT imports_completed_has_body_hash
        CHECK (idempotency_key IS NULL OR status <> 'completed' OR body_hash IS NOT NULL);

-- Of the body from its beginning to the end of the chunk: whoever sends it again shows by it
-- that what is stored already came from the same bytes.
ALTER TABLE import_chunks ADD COLUMN input_hash bytea NOT NULL;
