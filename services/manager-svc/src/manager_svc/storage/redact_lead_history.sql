-- Takes from an erased lead's history what people said of it; assignments and releases, which
-- change no status, name their reason by a word of this service's own.
UPDATE lead_history SET reason = NULL
WHERE lead_id = $1::uuid AND from_status <> to_status AND reason IS NOT NULL;
