-- Let a new life come. Its number is greater than that of any life of which rows are left.
UPDATE head
SET next_life = greatest(head.life, (SELECT max(leads.life) FROM leads)) + 1
WHERE next_life IS NULL
