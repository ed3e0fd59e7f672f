SELECT pg_database.oid::bigint AS database_oid, pg_namespace.oid::bigint AS schema_oid
FROM pg_database, pg_namespace
WHERE datname = current_database()
    AND nspname = current_schema()
