DELETE FROM leadwire_inbox WHERE subscription = ? AND handled_at < ?;
