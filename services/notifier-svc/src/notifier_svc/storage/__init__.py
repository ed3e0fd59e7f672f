"""Journal, deliveries and erased leads in the schema of notifier-svc."""
