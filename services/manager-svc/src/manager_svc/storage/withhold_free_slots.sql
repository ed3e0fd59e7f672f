UPDATE slots SET free_since = NULL
WHERE manager_id = $1::uuid AND free_since IS NOT NULL;
