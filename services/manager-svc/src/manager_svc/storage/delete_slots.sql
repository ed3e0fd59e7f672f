DELETE FROM slots WHERE manager_id = $1::uuid;
