INSERT INTO schema_home (system_identifier, timeline, database_oid, schema_oid)
VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING
