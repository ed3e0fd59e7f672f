"""Billing: a service of another team, which opens an account for each interested lead."""
