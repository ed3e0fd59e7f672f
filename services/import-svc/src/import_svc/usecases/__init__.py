"""What users can do here: one file per command."""
