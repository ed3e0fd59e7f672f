"""Check passwords against argon2 hashes: a few at once, outside the event loop.

One check takes a fifth of a second of a processor, by intent. So what was right a moment ago
is remembered, by a keyed hash of name, password and stored hash that is good for this process
and this state of the users file only; and the same password sent at once is checked once.

Accents can be sent in two ways, by habit of the machine: passwords are hashed, and checked, in
Unicode's normal form C (RFC 7617, RFC 8265).
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from unicodedata import normalize

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from leadwire.access.errors import AccessBusyError

AT_ONCE: Final = 2
"""Checks that run at once; each takes the memory that its hash was made with."""

MOST_WAITING: Final = 32
"""Checks that run or wait; more are refused, since their askers would have left before."""

REMEMBERED_SECONDS: Final = 60.0
MOST_REMEMBERED: Final = 1_000


class PasswordChecks:
    """Runs checks and remembers for a while what was right.

    Args:
        clock: Gives seconds that only grow.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="password")
        self._running: dict[bytes, asyncio.Task[bool]] = {}
        self._right_until: OrderedDict[bytes, float] = OrderedDict()

    def remembers(self, fingerprint: bytes) -> bool:
        """Tell whether this was right a moment ago."""
        return self._clock() < self._right_until.get(fingerprint, 0.0)

    def running(self, fingerprint: bytes) -> asyncio.Task[bool] | None:
        """Give the check of the same that runs already."""
        return self._running.get(fingerprint)

    def begin(
        self, fingerprint: bytes, *, stored: str, password: str, on_right: Callable[[], None]
    ) -> asyncio.Task[bool]:
        """Begin a check.

        Args:
            fingerprint: Stands for this name, password and stored hash.
            stored: The argon2 hash.
            password: What was sent.
            on_right: Called if it is right, also if nobody waits for that any more.

        Raises:
            AccessBusyError: Too many wait.
        """
        if len(self._running) >= MOST_WAITING:
            raise AccessBusyError("too many passwords are being checked; try again in a moment")
        task = asyncio.create_task(self._check(fingerprint, stored, password, on_right))
        self._running[fingerprint] = task
        return task

    async def stop(self) -> None:
        """Check no more."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _check(
        self, fingerprint: bytes, stored: str, password: str, on_right: Callable[[], None]
    ) -> bool:
        try:
            loop = asyncio.get_running_loop()
            right = await loop.run_in_executor(self._pool, _matches, stored, password)
        finally:
            del self._running[fingerprint]
        if right:
            self._remember(fingerprint)
            on_right()
        return right

    def _remember(self, fingerprint: bytes) -> None:
        self._right_until[fingerprint] = self._clock() + REMEMBERED_SECONDS
        self._right_until.move_to_end(fingerprint)
        while len(self._right_until) > MOST_REMEMBERED:
            self._right_until.popitem(last=False)


def _matches(stored: str, password: str) -> bool:
    try:
        return PasswordHasher().verify(stored, normalize("NFC", password))
    except (VerificationError, InvalidHashError):
        return False
