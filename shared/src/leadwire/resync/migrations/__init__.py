"""The table of a resync, for the schema of every service that has one."""
