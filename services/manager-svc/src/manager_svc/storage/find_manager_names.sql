SELECT id, name FROM managers WHERE id = ANY($1::uuid[]);
