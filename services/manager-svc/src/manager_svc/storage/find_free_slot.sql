SELECT number, free_since
FROM slots
WHERE manager_id = $1::uuid AND free_since IS NOT NULL
ORDER BY free_since, number
LIMIT 1;
