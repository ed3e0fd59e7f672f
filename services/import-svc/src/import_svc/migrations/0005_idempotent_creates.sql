-- A key that a client gave to the creation of a lead. It goes with the lead: what is left of
-- an erased person must not be recognisable, not even as a hash.
CREATE TABLE lead_keys (
    key_hash bytea PRIMARY KEY, -- see imports.key_hash
    request_hash bytea NOT NULL,
    lead_id uuid NOT NULL REFERENCES leads ON DELETE CASCADE
);

CREATE INDEX lead_keys_by_lead ON lead_keys (lead_id); -- for erasure
