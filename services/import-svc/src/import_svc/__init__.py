"""Leads' identity and contact data: imports, the public form, uniqueness."""
