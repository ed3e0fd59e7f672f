"""Asks once, and tells what came and how long it took."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from leadwire_client._core.decoding import decode_frame, problem_of
from leadwire_client._core.lines import LineDecoder
from leadwire_client._core.wire import Answer, Query, Request
from leadwire_client._http.asked import Server
from leadwire_client._http.sync import Http, Opened
from leadwire_client.credentials import Credentials
from leadwire_client.errors import ProblemError
from leadwire_client.frames import Frame

ANSWERS_WITHIN: Final = 15.0
"""Seconds that any answer may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An answer.

    Attributes:
        took: Seconds.
        at: By this machine's clock, in the middle of that time; seconds since 1970.
    """

    answer: Answer
    took: float
    at: float

    @property
    def good(self) -> bool:
        """Whether it is what was asked for."""
        return 200 <= self.answer.status < 300

    @property
    def problem(self) -> ProblemError:
        """What a refusal says."""
        return problem_of(self.answer)

    @property
    def kind(self) -> str:
        """Its media type."""
        return self.answer.headers.get("content-type", "").partition(";")[0].strip()

    @property
    def ours(self) -> bool:
        """Whether Leadwire wrote it, and not something on the way."""
        return self.kind in {"application/json", "application/problem+json"}

    @property
    def milliseconds(self) -> str:
        """How long it took."""
        return f"{self.took * 1000:.0f} ms"


class Probe:
    """Asks one server, and tries nothing twice.

    Args:
        url: Of the server.
        credentials: Who asks.
    """

    def __init__(self, *, url: str, credentials: Credentials | None) -> None:
        self.url = url
        self.credentials = credentials
        self._http = Http(
            Server(base_url=url, credentials=credentials, timeout=ANSWERS_WITHIN, ssl_context=None)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, query: Query = ()) -> Heard:
        """Ask for something.

        Raises:
            TransportError: There was no answer.
        """
        began, moment = time.monotonic(), time.time()
        answer = self._http.send(Request(method="GET", path=path, query=query))
        took = time.monotonic() - began
        return Heard(answer=answer, took=took, at=moment + took / 2)

    def frames(self, query: Query, *, until: float) -> Iterator[tuple[float, Frame]]:
        """Read a stream; tell each frame with the seconds after which it came.

        Args:
            query: Which stream.
            until: Seconds after which it is left, whatever it says.

        Raises:
            TransportError: Nothing came until then, or it was cut.
            ProblemError: It was refused.
            ProtocolError: What came is no stream.
        """
        began = time.monotonic()
        request = Request(method="GET", path="/v1/leads/stream", query=query, within=until)
        with self._http.open(request) as opened:
            if not opened.good:
                raise problem_of(opened.answer())
            yield from _frames(opened, began, until)


def _frames(opened: Opened, began: float, until: float) -> Iterator[tuple[float, Frame]]:
    lines = LineDecoder()

    def left() -> float:
        return max(0.1, began + until - time.monotonic())

    for data in opened.chunks(silence=left):
        for line in lines.feed(data):
            frame = decode_frame(line)
            if frame is not None:
                yield time.monotonic() - began, frame
