"""The events that notifier-svc consumes: all of them."""
