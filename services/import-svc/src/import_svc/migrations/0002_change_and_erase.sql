-- What is left of an erased lead: its id, which is never used again, and the rev of its end.
CREATE TABLE erased_leads (
    lead_id uuid PRIMARY KEY,
    erased_at timestamptz NOT NULL,
    rev integer NOT NULL -- of its lead_erased
);

-- Failures keep values as they were given, so that nobody finds a person by them. These are
-- what leads are unique by, where a row had it; null where it had not, or was forgotten.
ALTER TABLE import_failures
    ADD COLUMN email_key text,
    ADD COLUMN cellphone_key text,
    -- A lead that had this email or cellphone and has another now.
    ADD COLUMN former_lead_id uuid;

CREATE INDEX import_failures_email ON import_failures (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX import_failures_cellphone ON import_failures (cellphone_key)
    WHERE cellphone_key IS NOT NULL;
CREATE INDEX import_failures_former_lead ON import_failures (former_lead_id)
    WHERE former_lead_id IS NOT NULL;
