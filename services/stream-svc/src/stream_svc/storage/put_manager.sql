-- Take a manager's record if it is newer than the one held.
INSERT INTO managers (life, id, name, rev)
VALUES ($4::integer, $1, $2, $3)
ON CONFLICT (life, id) DO UPDATE
SET name = excluded.name, rev = excluded.rev
WHERE managers.rev < excluded.rev
RETURNING id
