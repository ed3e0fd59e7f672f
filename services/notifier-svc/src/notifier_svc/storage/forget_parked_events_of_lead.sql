DELETE FROM parked
WHERE type <> 'lead_erased'
    AND position(convert_to($1, 'UTF8') IN body) > 0
