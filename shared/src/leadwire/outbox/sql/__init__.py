"""The queries of the outbox, one per file."""
