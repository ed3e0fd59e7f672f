"""Bound the number of imports that one process runs, and let nobody keep a place idle."""

from collections.abc import Iterator
from contextlib import contextmanager

from import_svc.http.errors import TooManyImportsError
from leadwire.http import RequestBody


class ImportSlots:
    """Places for imports.

    Whoever finds all of them taken makes the client that sends the slowest hurry: a few that
    are idle, or send a byte now and then, give their places up within seconds, while those
    that send well keep theirs.

    Args:
        limit: How many there are.
    """

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._bodies: set[RequestBody] = set()

    @contextmanager
    def one(self, body: RequestBody) -> Iterator[None]:
        """Take a place for the import of a body, for as long as the context lasts.

        Raises:
            TooManyImportsError: All are taken.
        """
        if len(self._bodies) >= self._limit:
            self._hurry_the_slowest()
            raise TooManyImportsError
        self._bodies.add(body)
        try:
            yield
        finally:
            self._bodies.remove(body)

    def _hurry_the_slowest(self) -> None:
        unhurried = [body for body in self._bodies if not body.hurried]
        if unhurried:
            min(unhurried, key=lambda body: body.rate).hurry()
