"""Slow down who guesses passwords, without shutting out those who know theirs.

Each wrong password fills three buckets, which leak at a steady pace: that of the address, that
of the user at this address, and that of the user from wherever. Where one is full, no password
is looked at, right or wrong, until something has leaked out of it; an attempt that is turned
away fills nothing, so nobody stays out for longer than one drop takes. An address from which a
user has proved his password is spared the third bucket: whoever guesses from elsewhere, even from
many addresses, does not keep him out there.

What is kept is bounded, as it is of all buckets. Each process counts for itself.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Final

from leadwire.access.buckets import MOST_KEPT, Bucket, Buckets
from leadwire.access.errors import TooManyAttemptsError

OF_ADDRESS: Final = Bucket(size=30, drop_seconds=2.0)
OF_USER_THERE: Final = Bucket(size=6, drop_seconds=15.0)
OF_USER: Final = Bucket(size=100, drop_seconds=10.0)


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
