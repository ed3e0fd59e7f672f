-- Take personal data out of the log's older rows of erased leads.
UPDATE changes
SET before = NULL, after = NULL, doc = NULL
WHERE lead_id = ANY ($1::uuid []) AND after IS NOT NULL
