"""All of Leadwire in one process, on an embedded Postgres."""
