"""The routes of import-svc, and what they take and give."""
