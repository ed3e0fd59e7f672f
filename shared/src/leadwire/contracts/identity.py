"""How old a lead is, by its id alone: a UUIDv7 begins with the time it was made."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

YOUNG: Final = timedelta(seconds=10)
"""A lead younger than this may exist although a service has not heard of it yet."""

ARRIVES_WITHIN: Final = 2.0
"""Seconds for which a request about such a lead waits for it."""


def is_young(lead_id: UUID, *, now: datetime) -> bool:
    """Tell whether an id says that it was made within the last ten seconds.

    Clocks differ: an id from a little ahead counts as young too.
    """
    if lead_id.version != 7:
        return False
    made_ms = lead_id.int >> 80
    return abs(now.timestamp() * 1000 - made_ms) < YOUNG.total_seconds() * 1000
