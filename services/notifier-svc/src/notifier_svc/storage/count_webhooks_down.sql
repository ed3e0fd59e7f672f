SELECT count(*)
FROM webhooks
WHERE state = 'enabled'
    AND failures >= $1
