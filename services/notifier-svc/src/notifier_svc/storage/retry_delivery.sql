-- Not one that somebody is trying at this moment.
UPDATE deliveries
SET status = 'pending',
    attempts = CASE status WHEN 'parked' THEN 0 ELSE attempts END,
    next_attempt_at = now(),
    waiting_since = now(),
    updated_at = now()
WHERE id = $1
    AND status IN ('pending', 'parked')
    AND (leased_until IS NULL OR leased_until < now())
    AND (webhook_id IS NOT NULL OR body IS NOT NULL)
