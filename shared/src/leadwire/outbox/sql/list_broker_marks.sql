SELECT number, mark
FROM broker_marks
ORDER BY is_served DESC, number DESC
