"""The schema of notifier-svc."""
