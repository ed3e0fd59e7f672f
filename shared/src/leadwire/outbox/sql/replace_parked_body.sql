-- With the reason: it may quote what is taken out of the body.
UPDATE parked
SET body = $2,
    reason = 'withheld: it may quote what was taken out of the event'
WHERE id = $1
