-- Whether the role may use the schema; NULL if there is none.
SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = 'broker'
