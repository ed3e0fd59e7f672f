-- One relation of somebody else, whom it would hurt to close what is open to everyone; NULL if
-- there is none, or all is closed already. Ours are those beside our table of migrations.
SELECT format('%I.%I', nspname, relname)
FROM pg_class
JOIN pg_namespace AS schema ON schema.oid = relnamespace
WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND nspname <> $1::text
    AND nspname <> 'information_schema'
    AND nspname NOT LIKE 'pg\_%'
    AND NOT EXISTS (
        SELECT FROM pg_depend
        WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e'
    )
    AND (
        SELECT count(*)
        FROM pg_attribute
        JOIN pg_class AS migrations ON migrations.oid = attrelid
        WHERE migrations.relnamespace = schema.oid
            AND migrations.relname = 'schema_migrations'
            AND attname IN ('source', 'checksum')
    ) < 2
    AND (
        EXISTS (
            SELECT
            FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba)))
            WHERE datname = current_database() AND grantee = 0
        )
        OR EXISTS (
            SELECT
            FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner)))
            WHERE nspname = 'public' AND pg_has_role(nspowner, 'USAGE') AND grantee = 0
        )
    )
ORDER BY 1
LIMIT 1
