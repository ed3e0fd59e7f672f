"""Connections that block."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Self

import httpx2

from leadwire_client._core.log_in import KeptToken
from leadwire_client._core.wire import Answer, Request
from leadwire_client._http.asked import MOST_SILENCE, UNAUTHORIZED, Server, lowered, understood
from leadwire_client.errors import TransportError
from leadwire_client.uploads import Upload


class Opened:
    """An answer whose body comes piece by piece.

    Attributes:
        headers: By lower-case name.
    """

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        self.status = response.status_code
        self.headers = lowered(response.headers)

    @property
    def good(self) -> bool:
        """Whether it is what was asked for."""
        return self._response.is_success

    def answer(self) -> Answer:
        """Read the rest, at once.

        Raises:
            TransportError: It was cut.
        """
        with understood():
            body = self._response.read()
        return Answer(status=self.status, headers=self.headers, body=body)

    def chunks(self, *, silence: Callable[[], float] | None = None) -> Generator[bytes, None, None]:
        """Give what comes.

        Args:
            silence: Gives the seconds for which nothing may come; it is asked anew each
                time. None for what the request said.

        Raises:
            TransportError: It was cut, or silent.
        """
        chunks = self._response.iter_bytes()
        with contextlib.ExitStack() as watched:
            watchdog = watched.enter_context(_Watchdog(self.cut)) if silence else None
            while True:
                with understood():
                    if watchdog is None or silence is None:
                        chunk = next(chunks, None)
                    else:
                        chunk = watchdog.within(silence(), lambda: next(chunks, None))
                if chunk is None:
                    return
                yield chunk

    def cut(self) -> None:
        """Cut the connection, from any thread: whoever reads from it wakes up."""
        stream = self._response.extensions.get("network_stream")
        connection = stream.get_extra_info("socket") if stream is not None else None
        if isinstance(connection, socket.socket):
            with contextlib.suppress(OSError):
                # Not the method of a TLS socket, which is not made for two threads.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


class Http:
    """Asks one server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client = httpx2.Client(**server.options())
        self._token = server.kept_token()
        self._logging_in = threading.Lock()

    def send(self, request: Request) -> Answer:
        """Ask, and wait for the whole answer.

        Raises:
            TransportError: There was none, or only a part.
        """
        with self.open(request) as opened:
            return opened.answer()

    @contextlib.contextmanager
    def open(self, request: Request) -> Iterator[Opened]:
        """Ask, and give the answer as soon as it begins.

        Raises:
            TransportError: There was none.
        """
        response = self._answered(request)
        try:
            yield Opened(response)
        finally:
            response.close()

    def _answered(self, request: Request) -> httpx2.Response:
        kept = self._token
        if kept is None:
            return self._send(request, self._server.proof())
        refusal = self._log_in(kept)
        if refusal is not None:
            return refusal
        proof = kept.proof()
        response = self._send(request, proof)
        if response.status_code != UNAUTHORIZED or not proof:
            return response
        # The token was refused before its time, and nothing was done: perhaps a new one does.
        kept.forget(proof)
        if isinstance(request.body, Upload):
            return response  # what is read for it may not be there a second time
        response.close()
        return self._log_in(kept) or self._send(request, kept.proof())

    def _log_in(self, kept: KeptToken) -> httpx2.Response | None:
        """Get a token if one is due; give the answer if it is a refusal.

        Raises:
            TransportError: There was no answer.
        """
        with self._logging_in:
            if not kept.due:
                return None
            try:
                response = self._send(kept.request, {})
                answer = Opened(response).answer()
            except TransportError as error:
                # Of what the caller asks nothing was sent.
                raise TransportError(str(error), sent=False) from error
            return None if kept.understand(answer) else response

    def _send(self, request: Request, proof: Mapping[str, str]) -> httpx2.Response:
        body = request.body.pieces() if isinstance(request.body, Upload) else request.body
        with understood():
            asked = self._client.build_request(**self._server.asked(request, body, proof))
            return self._client.send(asked, stream=True)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


class _Watchdog:
    """Cuts a connection from which nothing has come for too long.

    A thread of its own: the library takes the time that a read may last when the answer
    begins, and the server says only then how often it sends something.
    """

    def __init__(self, cut: Callable[[], None]) -> None:
        self._cut = cut
        self._changed = threading.Condition()
        self._deadline: float | None = None
        self._bitten = False
        self._over = False
        self._thread = threading.Thread(target=self._watch, name="leadwire watchdog", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._over = True
            self._changed.notify()
        self._thread.join(timeout=5)

    def within(self, seconds: float, read: Callable[[], bytes | None]) -> bytes | None:
        """Read, for so long at most.

        Raises:
            TransportError: Nothing came.
        """
        self._expect_by(time.monotonic() + min(seconds, MOST_SILENCE))
        try:
            chunk = read()
        except httpx2.RequestError as error:
            if self._bitten:
                raise _silent(seconds) from error
            raise
        finally:
            self._expect_by(None)
        if chunk is None and self._bitten:
            raise _silent(seconds)
        return chunk

    def _expect_by(self, deadline: float | None) -> None:
        with self._changed:
            self._deadline = deadline
            if deadline is not None:
                self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while not self._over:
                left = None if self._deadline is None else self._deadline - time.monotonic()
                if left is not None and left <= 0:
                    self._bitten = True
                    self._cut()
                    return
                self._changed.wait(left)


def _silent(seconds: float) -> TransportError:
    return TransportError(f"nothing came for {seconds:g} s")
