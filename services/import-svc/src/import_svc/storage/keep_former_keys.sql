-- Of what the lead has until now, that which is about to be another.
INSERT INTO lead_former_keys (lead_id, kind, key)
SELECT $1, kind, former
FROM (VALUES ('email', $2::text, $3::text), ('cellphone', $4, $5)) AS keys (kind, former, now)
WHERE former <> now OR (former IS NOT NULL AND now IS NULL)
ON CONFLICT DO NOTHING
