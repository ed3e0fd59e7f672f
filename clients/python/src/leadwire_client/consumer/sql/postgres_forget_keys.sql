DELETE FROM leadwire_inbox WHERE subscription = $1 AND handled_at < $2;
