SELECT
    lead_history.id, at, what, actor, from_status, to_status, rule, reason,
    manager_id, managers.name AS manager_name
FROM lead_history
LEFT JOIN managers ON managers.id = lead_history.manager_id
WHERE lead_id = $1::uuid AND lead_history.id > $2::bigint
ORDER BY lead_history.id
LIMIT $3::integer;
