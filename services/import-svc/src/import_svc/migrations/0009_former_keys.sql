-- Emails and cellphones that a lead had before. A row that fails may hold one of them, be it
-- from before the change or sent later: it takes both to find it when the lead is erased. So
-- failures need not be marked at each change. No release had the marks.
CREATE TABLE lead_former_keys (
    lead_id uuid NOT NULL REFERENCES leads ON DELETE CASCADE,
    kind text NOT NULL, -- email or cellphone
    key text NOT NULL,
    PRIMARY KEY (lead_id, kind, key)
);

INSERT INTO lead_former_keys (lead_id, kind, key)
SELECT DISTINCT leads.id, former.kind, former.key
FROM import_failures AS failures
CROSS JOIN LATERAL unnest(failures.former_lead_ids) AS tagged (lead_id)
JOIN leads ON leads.id = tagged.lead_id
CROSS JOIN LATERAL (
    VALUES ('email', failures.email_key), ('cellphone', failures.cellphone_key)
) AS former (kind, key)
WHERE former.key IS NOT NULL;

ALTER TABLE import_failures
    DROP COLUMN former_lead_ids, -- and its index
    -- Further keys, in rows whose fields are not valid: emails and cellphones alike.
    ADD COLUMN mentions text[];

CREATE INDEX import_failures_mentions ON import_failures USING gin (mentions)
    WHERE mentions IS NOT NULL;
