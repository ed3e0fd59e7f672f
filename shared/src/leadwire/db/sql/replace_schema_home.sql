INSERT INTO schema_home (system_identifier, timeline, database_oid, schema_oid)
VALUES ($1, $2, $3, $4)
ON CONFLICT (only_row) DO UPDATE
SET system_identifier = excluded.system_identifier,
    timeline = excluded.timeline,
    database_oid = excluded.database_oid,
    schema_oid = excluded.schema_oid
