"""Bound the number of streams that one process serves."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from stream_svc.metrics import StreamMetrics


class TooManyStreamsError(Exception):
    """This process serves as many streams as it may."""

    code: Final = "too_many_streams"

    def __init__(self) -> None:
        super().__init__("This process serves as many streams as it may. Try again in a while.")


class StreamSlots:
    """Places for streams.

    Args:
        limit: How many there are.
        metrics: Told how many are taken.
    """

    def __init__(self, *, limit: int, metrics: StreamMetrics) -> None:
        self._limit = limit
        self._taken = 0
        self._metrics = metrics

    @contextmanager
    def one(self) -> Iterator[None]:
        """Take a place for as long as the context lasts.

        Raises:
            TooManyStreamsError: All are taken.
        """
        if self._taken >= self._limit:
            raise TooManyStreamsError
        self._taken += 1
        self._metrics.streams.inc()
        try:
            yield
        finally:
            self._taken -= 1
            self._metrics.streams.dec()
