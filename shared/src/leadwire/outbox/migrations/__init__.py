"""The tables of the outbox, for the schema of every service that uses it."""
