"""One file per command of notifier-svc, and its background loops."""
