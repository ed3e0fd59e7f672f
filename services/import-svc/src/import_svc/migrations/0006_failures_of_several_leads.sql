-- A failure may hold the former email or cellphone of more than one lead: of him whose it was
-- then, of who had it after him, or the email of one and the cellphone of another. Each takes
-- it along when he is erased. No release had the column with a single one.
ALTER TABLE import_failures ADD COLUMN former_lead_ids uuid[];

UPDATE import_failures
SET former_lead_ids = ARRAY[former_lead_id]
WHERE former_lead_id IS NOT NULL;

ALTER TABLE import_failures DROP COLUMN former_lead_id; -- and its index

CREATE INDEX import_failures_former_leads ON import_failures USING gin (former_lead_ids)
    WHERE former_lead_ids IS NOT NULL;
