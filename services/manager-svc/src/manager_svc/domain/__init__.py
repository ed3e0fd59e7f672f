"""Rules of managers, leads and assignment, without any I/O."""
