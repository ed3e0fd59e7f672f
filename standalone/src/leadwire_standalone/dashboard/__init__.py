"""The Grafana dashboard, described in Python and written as JSON."""
