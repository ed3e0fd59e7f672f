DELETE FROM leadwire_inbox WHERE handled_at < ?;
