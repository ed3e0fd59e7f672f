"""What notifier-svc decides: redaction of events, and when a delivery is tried again."""
