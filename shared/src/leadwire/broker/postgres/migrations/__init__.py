"""The tables of the Postgres broker."""
