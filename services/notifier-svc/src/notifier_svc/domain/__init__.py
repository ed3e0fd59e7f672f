"""What notifier-svc decides: when a delivery is tried again."""
