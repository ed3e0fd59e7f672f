-- Serve the coming life under a new epoch. Positions go on: none means two things.
UPDATE head
SET life = next_life, next_life = NULL, epoch = gen_random_uuid()
WHERE next_life IS NOT NULL
RETURNING pos
