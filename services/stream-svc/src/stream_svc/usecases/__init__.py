"""What the service does, one command a file."""
