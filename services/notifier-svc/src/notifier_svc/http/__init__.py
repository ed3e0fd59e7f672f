"""Routes of notifier-svc, and what they take and answer."""
