-- What the manager of a lead's event is called: what his own events say, or, before one
-- of them has come, what this event says. The row stays locked until the commit, so that
-- a change of his name finds the lead that is about to be given to him.
INSERT INTO managers (life, id, name, rev)
VALUES ($3::integer, $1, $2, 0)
ON CONFLICT (life, id) DO UPDATE
SET name = CASE WHEN managers.rev = 0 AND excluded.name <> '' THEN excluded.name
                ELSE managers.name END
RETURNING name
