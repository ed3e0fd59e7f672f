-- No follower is served from $1 or before; the rows are deleted when the log is pruned next.
UPDATE pruned SET pos = $1
