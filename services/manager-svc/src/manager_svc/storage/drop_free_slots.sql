-- Of the places without a lead, those that became free last go first.
DELETE FROM slots
WHERE (manager_id, number) IN (
    SELECT manager_id, number
    FROM slots
    WHERE manager_id = $1::uuid AND lead_id IS NULL
    ORDER BY free_since DESC NULLS FIRST, number DESC
    LIMIT $2::integer
);
