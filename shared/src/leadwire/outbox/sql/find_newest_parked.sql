SELECT
    coalesce((SELECT max(id) FROM parked), 0) AS consumer,
    coalesce((SELECT max(id) FROM outbox WHERE parked_at IS NOT NULL), 0) AS outbox
