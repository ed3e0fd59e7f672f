SELECT CASE
    WHEN NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1::text)
    THEN format('CREATE SCHEMA %I AUTHORIZATION %I', $1::text, $2::text)
END
