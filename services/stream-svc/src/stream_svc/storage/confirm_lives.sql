-- Hold the lives until the commit, if the coming one still is; locks what writers lock last.
SELECT life
FROM head
WHERE next_life = $1
FOR NO KEY UPDATE
