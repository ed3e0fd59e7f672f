SELECT count(*)
FROM webhooks
WHERE state <> 'deleted'
