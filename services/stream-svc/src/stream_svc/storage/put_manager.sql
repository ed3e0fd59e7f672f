-- Take a manager's record if it is newer than the one held.
INSERT INTO managers (id, name, rev)
VALUES ($1, $2, $3)
ON CONFLICT (id) DO UPDATE
SET name = excluded.name, rev = excluded.rev
WHERE managers.rev < excluded.rev
RETURNING id
