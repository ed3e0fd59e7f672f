-- Which life is served, which one is coming, and the epoch of the log.
SELECT epoch, life, next_life FROM head
