"""Slow down who guesses passwords, without shutting out those who know theirs.

Each wrong password fills three buckets, which leak at a steady pace: that of the address, that
of the user at this address, and that of the user from wherever. Where one is full, no password
is looked at, right or wrong, until something has leaked out of it; an attempt that is turned
away fills nothing, so nobody stays out for longer than one drop takes. An address from which a
user has proved his password is spared the third bucket: whoever guesses from elsewhere, even from
many addresses, does not keep him out there.

What is kept is bounded: the buckets that were used longest ago are forgotten first. Each process
counts for itself.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from leadwire.access.errors import TooManyAttemptsError

MOST_KEPT: Final = 10_000
"""Buckets of a kind that are kept."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many wrong passwords fit in, and how many seconds one takes to leak out."""

    size: int
    drop_seconds: float


OF_ADDRESS: Final = Bucket(size=30, drop_seconds=2.0)
OF_USER_THERE: Final = Bucket(size=6, drop_seconds=15.0)
OF_USER: Final = Bucket(size=100, drop_seconds=10.0)


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


class Attempts:
    """Counts passwords that are tried.

    Args:
        clock: Gives seconds that only grow.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._addresses = Buckets(OF_ADDRESS, clock=clock)
        self._users_there = Buckets(OF_USER_THERE, clock=clock)
        self._users = Buckets(OF_USER, clock=clock)
        self._proved: OrderedDict[bytes, None] = OrderedDict()

    def insist(self, *, user: str, address: str) -> None:
        """Let an attempt pass that may be looked at now.

        Raises:
            TooManyAttemptsError: There were too many.
        """
        wait = max(buckets.wait(key) for buckets, key in self._counted(user, address))
        if wait > 0:
            raise TooManyAttemptsError(after=wait)

    def count(self, *, user: str, address: str) -> None:
        """Count an attempt as a wrong one, before it is looked at.

        So those that are sent at once do not all pass.
        """
        for buckets, key in self._counted(user, address):
            buckets.fill(key)

    def succeeded(self, *, user: str, address: str) -> None:
        """Take an attempt back: the password was right."""
        for buckets, key in self._counted(user, address):
            buckets.take_back(key)
        there = _key(user, address)
        self._users_there.empty(there)
        self._proved[there] = None
        self._proved.move_to_end(there)
        while len(self._proved) > MOST_KEPT:
            self._proved.popitem(last=False)

    def _counted(self, user: str, address: str) -> Iterator[tuple[Buckets, bytes]]:
        there = _key(user, address)
        yield self._addresses, _key(address)
        yield self._users_there, there
        if there not in self._proved:
            yield self._users, _key(user)


def _key(*parts: str) -> bytes:
    """Give every name, however long its sender made it, the same small size."""
    return blake2b("\0".join(parts).encode(), digest_size=16).digest()
