UPDATE resync
SET part = $1, after = $2, said = said + $3, finished_at = $4
