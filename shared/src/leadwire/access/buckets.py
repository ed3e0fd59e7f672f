"""Buckets that leak: so much may come at once, and from then on at a steady pace.

What is kept is bounded: the buckets that were used longest ago are forgotten first. Each process
counts for itself.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MOST_KEPT: Final = 10_000
"""Buckets of a kind that are kept."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many drops fit in, and how many seconds one takes to leak out."""

    size: int
    drop_seconds: float


class Buckets:
    """Buckets of one kind, by key.

    Args:
        kind: Their size.
        clock: Gives seconds that only grow.
    """

    def __init__(self, kind: Bucket, *, clock: Callable[[], float]) -> None:
        self._kind = kind
        self._clock = clock
        self._empty_at: OrderedDict[bytes, float] = OrderedDict()

    def wait(self, key: bytes) -> float:
        """Give the seconds until something fits in; 0 if it does now."""
        full = (self._kind.size - 1) * self._kind.drop_seconds
        return max(0.0, self._level(key) - full)

    def fill(self, key: bytes) -> None:
        """Put a drop in."""
        self._empty_at[key] = self._clock() + self._level(key) + self._kind.drop_seconds
        self._empty_at.move_to_end(key)
        while len(self._empty_at) > MOST_KEPT:
            self._empty_at.popitem(last=False)

    def take_back(self, key: bytes) -> None:
        """Take a drop out."""
        if key in self._empty_at:
            self._empty_at[key] -= self._kind.drop_seconds

    def empty(self, key: bytes) -> None:
        """Take everything out."""
        self._empty_at.pop(key, None)

    def _level(self, key: bytes) -> float:
        """Seconds until the bucket is empty."""
        return max(0.0, self._empty_at.get(key, 0.0) - self._clock())
