-- Give the coming life up.
UPDATE head SET next_life = NULL WHERE next_life IS NOT NULL RETURNING life
