"""The events that this service receives."""
