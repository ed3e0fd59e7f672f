-- A key that a client gave an import, so that sending it again is safe. What it called the key is
-- not kept: it may be made of somebody's email, and nobody would look for him here.
ALTER TABLE imports
    ADD COLUMN key_hash bytea,
    ADD COLUMN request_hash bytea, -- of what, beside the body, decides over the outcome
    ADD COLUMN body_hash bytea, -- of the whole body; known once all of it was read
    ADD CONSTRAINT imports_key_unique UNIQUE (key_hash),
    ADD CONSTRAINT imports_key_has_hash
        CHECK ((key_hash IS NULL) = (request_hash IS NULL)),
    ADD CONSTRAINT imports_completed_has_body_hash
        CHECK (key_hash IS NULL OR status <> 'completed' OR body_hash IS NOT NULL);

-- Of the body from its beginning to the end of the chunk: whoever sends it again shows by it
-- that what is stored already came from the same bytes.
ALTER TABLE import_chunks ADD COLUMN input_hash bytea NOT NULL;
