"""Bound what the bodies of requests take of a process, and let nobody keep room idle."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from leadwire.http import RequestBody


class Room:
    """Room that requests share while their bodies come, and for as long as those are worked on.

    Whoever finds it full makes the client that sends the slowest hurry: a few that are idle, or
    send a byte now and then, give their room up within seconds, while those that send well keep
    theirs.

    Args:
        size: How much there is: places, or bytes.
        full: Makes the error of whoever finds no room.
    """

    def __init__(self, *, size: int, full: Callable[[], Exception]) -> None:
        self._left = size
        self._full = full
        self._taken: dict[RequestBody, int] = {}

    @contextmanager
    def used_by(self, body: RequestBody, *, amount: int = 0) -> Iterator[None]:
        """Give back at the end what a body has taken, at the beginning or meanwhile.

        Raises:
            Exception: As `full` makes it: there is not as much.
        """
        try:
            self.take(body, amount)
            yield
        finally:
            self._left += self._taken.pop(body, 0)

    def take(self, body: RequestBody, amount: int) -> None:
        """Take some, or some more, for a body.

        Raises:
            Exception: As `full` makes it: there is not as much.
        """
        if amount == 0:
            return
        if amount > self._left:
            self._hurry_the_slowest(but=body)
            raise self._full()
        self._left -= amount
        self._taken[body] = self._taken.get(body, 0) + amount

    def _hurry_the_slowest(self, *, but: RequestBody) -> None:
        unhurried = [body for body in self._taken if body is not but and not body.hurried]
        if unhurried:
            min(unhurried, key=lambda body: body.rate).hurry()
