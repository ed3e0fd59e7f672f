"""How often to look whether something has ended."""

import time
from typing import Final

IMPORT_WITHIN: Final = 600.0
"""Seconds that an import may take, if its sender waits for it."""

REPLAY_WITHIN: Final = 600.0
"""Seconds that a replay may take, if somebody waits for it."""

_FIRST: Final = 0.2
_LONGEST: Final = 5.0


class Polls:
    """Pauses that grow, up to a deadline.

    Args:
        within: Seconds in all.
    """

    def __init__(self, *, within: float) -> None:
        self._within = within
        self._deadline = time.monotonic() + within
        self._next = _FIRST

    def pause(self) -> float:
        """Give the seconds until the next look.

        Raises:
            TimeoutError: The time is up.
        """
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"it has not ended within {self._within:g} s")
        pause = min(self._next, left)
        self._next = min(self._next * 1.5, _LONGEST)
        return pause
