SELECT count(*) FROM leads WHERE rev > 0 AND erased_at IS NULL;
