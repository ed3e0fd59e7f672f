"""Bound the number of streams that one process serves."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from stream_svc.metrics import StreamMetrics


class TooManyStreamsError(Exception):
    """This process serves as many streams as it may."""

    code: Final = "too_many_streams"

    def __init__(self) -> None:
        super().__init__("This process serves as many streams as it may. Try again in a while.")


class TooManyStreamsOfClientError(Exception):
    """This process serves the client as many streams as one client may have."""

    code: Final = "too_many_streams_of_client"

    def __init__(self) -> None:
        super().__init__(
            "You read as many streams as one client may. End one, or try again in a while."
        )


class StreamSlots:
    """Places for streams.

    Args:
        limit: How many there are.
        limit_per_client: How many of them one client may have.
        metrics: Told how many are taken.
    """

    def __init__(self, *, limit: int, limit_per_client: int, metrics: StreamMetrics) -> None:
        self._limit = limit
        self._limit_per_client = limit_per_client
        self._taken: Counter[str] = Counter()
        self._metrics = metrics

    @contextmanager
    def one(self, client: str) -> Iterator[None]:
        """Take a place for as long as the context lasts.

        Args:
            client: Whose stream it is.

        Raises:
            TooManyStreamsOfClientError: The client has as many as it may.
            TooManyStreamsError: All are taken.
        """
        if self._taken[client] >= self._limit_per_client:
            raise TooManyStreamsOfClientError
        if self._taken.total() >= self._limit:
            raise TooManyStreamsError
        self._taken[client] += 1
        self._metrics.streams.inc()
        try:
            yield
        finally:
            self._give_back(client)

    def _give_back(self, client: str) -> None:
        self._taken[client] -= 1
        if not self._taken[client]:
            del self._taken[client]  # there are more addresses than memory
        self._metrics.streams.dec()
