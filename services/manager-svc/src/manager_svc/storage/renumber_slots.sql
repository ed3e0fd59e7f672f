-- Closes the gaps that dropped places left, so that the rest fits a smaller capacity.
UPDATE slots SET number = ordered.place
FROM (
    SELECT number, row_number() OVER (ORDER BY number) AS place
    FROM slots
    WHERE manager_id = $1::uuid
) AS ordered
WHERE slots.manager_id = $1::uuid AND slots.number = ordered.number;
