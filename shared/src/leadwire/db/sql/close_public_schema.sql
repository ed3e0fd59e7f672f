-- NULL, so nothing to do, where the schema was dropped or is not ours to close.
SELECT 'REVOKE ALL ON SCHEMA public FROM PUBLIC'
FROM pg_namespace
WHERE nspname = 'public' AND pg_has_role(nspowner, 'USAGE')
