DELETE FROM broker_marks
WHERE number <> $1 AND is_served
