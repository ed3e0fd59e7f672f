SELECT system_identifier, timeline, database_oid, schema_oid
FROM schema_home
