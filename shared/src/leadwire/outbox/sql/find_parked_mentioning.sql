-- Reads every body there is: parked events are few.
SELECT id, type, body
FROM parked
WHERE position(convert_to($1::text, 'UTF8') IN body) > 0
ORDER BY id
FOR UPDATE
