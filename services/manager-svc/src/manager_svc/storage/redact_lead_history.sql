-- Takes from an erased lead's history what people said of it.
UPDATE lead_history SET reason = NULL
WHERE lead_id = $1::uuid AND reason IS NOT NULL;
