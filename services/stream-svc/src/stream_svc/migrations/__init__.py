"""Numbered SQL that makes the schema of stream-svc."""
