UPDATE slots SET free_since = $2::timestamptz
WHERE manager_id = $1::uuid AND lead_id IS NULL AND free_since IS NULL;
