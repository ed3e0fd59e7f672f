"""Where a list is read."""

from typing import Final

from leadwire_client._core.calls.making import place
from leadwire_client._core.wire import Query

PAGE: Final = 1000
"""Items that are asked for at once when all are wanted."""


def page_at(cursor: str | None = None) -> Query:
    """Say which page is wanted next, by the cursor of the one before."""
    return place(cursor, PAGE)
