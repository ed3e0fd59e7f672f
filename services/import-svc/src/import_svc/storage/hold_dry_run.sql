-- Nobody deletes it until the end of the transaction. No row: somebody did.
SELECT id
FROM dry_runs
WHERE id = $1
FOR KEY SHARE
