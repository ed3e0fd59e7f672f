-- What was committed, told by the database itself: triggers beside the product's, of which its
-- code knows nothing. They run as the administrator, in the transactions of the services.
CREATE SCHEMA witness;

-- Every event that was put into an outbox, also once it is out of there.
CREATE TABLE witness.events (
    number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service    text NOT NULL,
    event_id   text NOT NULL,
    type       text NOT NULL,
    body       bytea NOT NULL,
    hashes     bytea[] NOT NULL, -- of all that it said: an erasure may take a part out
    added_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    removed_at timestamptz,
    removed_in xid8 -- by which transaction
);

CREATE INDEX witness_events_by_id ON witness.events (event_id);

-- Erasures take what is not published yet out of the outbox, in their own transaction.
CREATE TABLE witness.erasures (service text NOT NULL, xid xid8 NOT NULL);

CREATE FUNCTION witness.note_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO witness.events (service, event_id, type, body, hashes)
    VALUES (TG_TABLE_SCHEMA, NEW.event_id, NEW.type, NEW.body, ARRAY[sha256(NEW.body)]);
    RETURN NULL;
END
$$;

CREATE FUNCTION witness.note_rewriting() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    UPDATE witness.events
    SET hashes = hashes || sha256(NEW.body)
    WHERE event_id = NEW.event_id;
    RETURN NULL;
END
$$;

CREATE FUNCTION witness.note_removal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    UPDATE witness.events
    SET removed_at = clock_timestamp(), removed_in = pg_current_xact_id()
    WHERE event_id = OLD.event_id;
    RETURN NULL;
END
$$;

CREATE FUNCTION witness.note_erasure() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO witness.erasures VALUES (TG_TABLE_SCHEMA, pg_current_xact_id());
    RETURN NULL;
END
$$;

-- A gate before every removal. Whoever holds its lock alone keeps a relay waiting at the one line
-- between the broker's confirm and the delete.
CREATE FUNCTION witness.pass_gate() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('witness ' || TG_TABLE_SCHEMA));
    RETURN NULL;
END
$$;

CREATE TRIGGER witness_event AFTER INSERT ON import_svc.outbox
FOR EACH ROW EXECUTE FUNCTION witness.note_event();
CREATE TRIGGER witness_event AFTER INSERT ON manager_svc.outbox
FOR EACH ROW EXECUTE FUNCTION witness.note_event();
CREATE TRIGGER witness_event AFTER INSERT ON notifier_svc.outbox
FOR EACH ROW EXECUTE FUNCTION witness.note_event();

CREATE TRIGGER witness_rewriting AFTER UPDATE OF body ON import_svc.outbox
FOR EACH ROW EXECUTE FUNCTION witness.note_rewriting();
CREATE TRIGGER witness_rewriting AFTER UPDATE OF body ON manager_svc.outbox
FOR EACH ROW EXECUTE FUNCTION witness.note_rewriting();

CREATE TRIGGER witness_removal AFTER DELETE ON import_svc.outbox
FOR EACH ROW EXECUTE FUNCTION witness.note_removal();
CREATE TRIGGER witness_removal AFTER DELETE ON manager_svc.outbox
FOR EACH ROW EXECUTE FUNCTION witness.note_removal();
CREATE TRIGGER witness_removal AFTER DELETE ON notifier_svc.outbox
FOR EACH ROW EXECUTE FUNCTION witness.note_removal();

CREATE TRIGGER witness_erasure AFTER INSERT ON import_svc.erased_leads
FOR EACH ROW EXECUTE FUNCTION witness.note_erasure();
CREATE TRIGGER witness_erasure AFTER UPDATE OF erased_at ON manager_svc.leads
FOR EACH ROW WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION witness.note_erasure();

CREATE TRIGGER witness_gate BEFORE DELETE ON import_svc.outbox
FOR EACH STATEMENT EXECUTE FUNCTION witness.pass_gate();
CREATE TRIGGER witness_gate BEFORE DELETE ON manager_svc.outbox
FOR EACH STATEMENT EXECUTE FUNCTION witness.pass_gate();
