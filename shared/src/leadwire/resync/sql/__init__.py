"""The queries of a resync, one per file."""
