-- The key of an erased lead stays for a while, so that a request that comes again does not
-- create the person again. What the key is known by is all that is left: not the hash of what was
-- sent, by which the person could be recognised, nor the lead.
ALTER TABLE lead_keys
    ALTER COLUMN request_hash DROP NOT NULL,
    ALTER COLUMN lead_id DROP NOT NULL,
    ADD COLUMN delete_after timestamptz,
    ADD CONSTRAINT lead_keys_have_a_lead_or_an_end
        CHECK (num_nulls(request_hash, lead_id) = CASE WHEN delete_after IS NULL THEN 0 ELSE 2 END);

CREATE INDEX lead_keys_to_delete ON lead_keys (delete_after) WHERE delete_after IS NOT NULL;
