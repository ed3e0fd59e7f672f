SELECT source, name, checksum FROM schema_migrations
