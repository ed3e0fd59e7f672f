"""What Leadwire's services share: broker, outbox, database, HTTP, contracts."""
