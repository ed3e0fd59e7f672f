-- A superuser needs no membership to give a schema to a role; another administrator does.
SELECT CASE WHEN NOT rolsuper THEN format('GRANT %I TO CURRENT_USER', $1::text) END
FROM pg_roles
WHERE rolname = current_user
