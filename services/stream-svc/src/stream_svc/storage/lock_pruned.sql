-- Keep those who prune away.
SELECT pos FROM pruned FOR UPDATE
