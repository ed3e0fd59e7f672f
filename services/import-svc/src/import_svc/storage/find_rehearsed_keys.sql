-- As find_known_keys, of the rows of a dry run that came before.
SELECT kind, key
FROM dry_run_keys
WHERE dry_run_id = $1 AND kind = 'email' AND key = ANY(string_to_array($2::text, E'\n'))
UNION ALL
SELECT kind, key
FROM dry_run_keys
WHERE dry_run_id = $1 AND kind = 'cellphone' AND key = ANY(string_to_array($3::text, E'\n'))
