-- What was seen then may be forgotten by now: its columns are NULL.
SELECT
    lead_history.at, lead_history.actor, lead_history.rule,
    managers.id AS manager_id, managers.name AS manager_name,
    free, free_since, more_free, waiting, manager_ids, lead_ids,
    matchings.id IS NULL AS forgotten
FROM lead_history
LEFT JOIN matchings ON matchings.id = lead_history.matching_id
JOIN managers ON managers.id = lead_history.manager_id
WHERE lead_history.lead_id = $1::uuid AND lead_history.what = 'lead_assigned'
ORDER BY lead_history.id DESC
LIMIT 1;
