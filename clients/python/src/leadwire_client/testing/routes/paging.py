"""Answers of the fake, and pages of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

JSON: TypeAlias = dict[str, Any]
Reply: TypeAlias = tuple[int, JSON | None]
Route: TypeAlias = tuple[str, str, Callable[..., Reply]]
"""Method, pattern of the path, and what answers: given the state, the request and what the
pattern's groups hold."""


def page(items: Sequence[JSON], query: Mapping[str, str]) -> Reply:
    """Answer with the page that is asked for."""
    start = int(query.get("cursor", 0))
    end = start + int(query.get("limit", 100))
    more = str(end) if end < len(items) else None
    return 200, {"items": list(items[start:end]), "next_cursor": more}
