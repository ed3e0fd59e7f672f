-- What is parked may be what nobody can read: two messages may bear the same id, and neither names a
-- source. So they are the same only if they say the same, as a redelivery does.
ALTER TABLE parked
    ADD COLUMN body_hash bytea GENERATED ALWAYS AS (sha256(body)) STORED,
    DROP CONSTRAINT parked_subscription_source_event_id_key,
    ADD CONSTRAINT parked_once UNIQUE (subscription, source, event_id, body_hash);
