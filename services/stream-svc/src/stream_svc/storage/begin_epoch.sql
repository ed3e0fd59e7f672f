-- Another log begins where this one ends: positions of before mean nothing any more.
UPDATE head SET epoch = gen_random_uuid() RETURNING pos
