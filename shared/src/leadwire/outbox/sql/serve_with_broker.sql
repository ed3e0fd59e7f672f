UPDATE broker_marks
SET is_served = true
WHERE number = $1 AND NOT is_served
