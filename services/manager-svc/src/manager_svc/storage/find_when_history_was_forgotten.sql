SELECT forgotten_at FROM forgotten_histories
WHERE lead_id = $1::uuid;
