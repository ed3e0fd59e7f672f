-- As find_known_keys, of the rows of a dry run that came before. The keys come by a sub-select:
-- seeing how many there are, Postgres would rather read the whole table, which takes eight times
-- as long when a million have come before.
SELECT kind, key
FROM dry_run_keys
WHERE dry_run_id = $1 AND kind = 'email'
    AND key = ANY((SELECT string_to_array($2::text, E'\n'))::text[])
UNION ALL
SELECT kind, key
FROM dry_run_keys
WHERE dry_run_id = $1 AND kind = 'cellphone'
    AND key = ANY((SELECT string_to_array($3::text, E'\n'))::text[])
