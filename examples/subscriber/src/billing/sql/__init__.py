"""The queries, one a file."""

from importlib.resources import files


def query(name: str) -> str:
    """Give the text of a query."""
    return (files(__name__) / f"{name}.sql").read_text(encoding="utf-8")
