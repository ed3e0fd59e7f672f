UPDATE resync
SET part = $1, after = $2, up_to = $3, said = said + $4, finished_at = $5
