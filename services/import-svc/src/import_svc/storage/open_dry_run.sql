INSERT INTO dry_runs (id, worker)
VALUES ($1, $2)
