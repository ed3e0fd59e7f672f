-- The owner of a schema that cannot become the role's: not the role itself, nor an administrator
-- who has put nothing into it yet.
SELECT pg_get_userbyid(nspowner)
FROM pg_namespace AS schema
WHERE nspname = $1::text
    AND pg_get_userbyid(nspowner) <> $2::text
    AND NOT (
        nspowner IN (
            SELECT oid FROM pg_roles WHERE rolsuper OR rolname = current_user
            UNION ALL
            SELECT datdba FROM pg_database WHERE datname = current_database()
        )
        AND NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = schema.oid)
        AND NOT EXISTS (SELECT FROM pg_proc WHERE pronamespace = schema.oid)
        AND NOT EXISTS (SELECT FROM pg_type WHERE typnamespace = schema.oid)
    )
