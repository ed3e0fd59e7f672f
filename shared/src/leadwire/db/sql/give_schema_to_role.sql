SELECT format('ALTER SCHEMA %I OWNER TO %I', nspname, $2::text)
FROM pg_namespace
WHERE nspname = $1::text AND pg_get_userbyid(nspowner) <> $2::text
