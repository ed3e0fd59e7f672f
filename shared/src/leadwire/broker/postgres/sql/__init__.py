"""The queries of the Postgres broker, one file each."""
