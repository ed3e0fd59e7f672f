INSERT INTO schema_migrations (source, name, checksum) VALUES ($1, $2, $3)
