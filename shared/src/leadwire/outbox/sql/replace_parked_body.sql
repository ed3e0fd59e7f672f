-- With the reason: it may quote what is taken out of the body.
UPDATE parked
SET body = $2,
    reason = $3
WHERE id = $1
