-- What managers are called: what the newest of their own records says (with a rev above 0), or,
-- before one of them has come, what the event of a lead says. The rows stay locked until the
-- commit, so that a change of a name finds the lead that is about to be given to its bearer. In
-- the order of ids, so that two writers wait for each other instead of dead-locking.
INSERT INTO managers (life, id, name, rev)
SELECT $4::integer, said.id, said.name, said.rev
FROM unnest($1::uuid [], $2::text [], $3::bigint []) AS said (id, name, rev)
ORDER BY said.id
ON CONFLICT (life, id) DO UPDATE
SET
    name = CASE
        WHEN excluded.rev > managers.rev THEN excluded.name
        WHEN managers.rev = 0 AND excluded.name <> '' THEN excluded.name
        ELSE managers.name
    END,
    rev = greatest(managers.rev, excluded.rev)
RETURNING id, name
