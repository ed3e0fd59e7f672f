"""Numbered migrations of the schema `import_svc`."""
