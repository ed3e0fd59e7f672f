"""Asks until there is an answer, and page by page."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from leadwire_client._core.paging import page_at
from leadwire_client._core.retries import Attempts, Backoff
from leadwire_client._core.wire import Call, Query
from leadwire_client._http.sync import Http
from leadwire_client.errors import TransportError
from leadwire_client.models import Page

T = TypeVar("T")


class Caller:
    """What every part of the client stands on.

    Args:
        http: Asks the server.
        backoff: How long to wait between attempts.
        patience: Seconds for which an attempt that failed is followed by another.
    """

    def __init__(self, *, http: Http, backoff: Backoff, patience: float) -> None:
        self._http = http
        self._backoff = backoff
        self._patience = patience

    def _run(self, call: Call[T]) -> T:
        attempts = Attempts(call, backoff=self._backoff, patience=self._patience)
        while True:
            try:
                answer = self._http.send(call.request)
            except TransportError as error:
                wait = attempts.failed(error)
            else:
                later = attempts.answered(answer)
                if later is None:
                    return call.read(answer)
                wait = later
            time.sleep(wait)

    def _all(self, page_of: Callable[[Query], Call[Page[T]]]) -> Iterator[T]:
        at = page_at()
        while True:
            page = self._run(page_of(at))
            yield from page.items
            if page.next_cursor is None:
                return
            at = page_at(page.next_cursor)
