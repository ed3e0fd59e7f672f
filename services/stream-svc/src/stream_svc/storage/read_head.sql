-- Where the log ends, which life it belongs to, and up to where it has been pruned.
SELECT head.epoch, head.pos, pruned.pos AS pruned_to
FROM head CROSS JOIN pruned
