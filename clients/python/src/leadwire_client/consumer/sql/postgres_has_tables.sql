SELECT to_regclass('leadwire_inbox') IS NOT NULL AND to_regclass('leadwire_revs') IS NOT NULL;
