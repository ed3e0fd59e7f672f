"""Connections for asyncio."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import httpx2

from leadwire_client._core.log_in import KeptToken
from leadwire_client._core.wire import Answer, Request
from leadwire_client._http.asked import MOST_SILENCE, UNAUTHORIZED, Server, lowered, understood
from leadwire_client.errors import TransportError
from leadwire_client.uploads import Upload


class AsyncOpened:
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

    async def answer(self) -> Answer:
        """Read the rest, at once.

        Raises:
            TransportError: It was cut.
        """
        with understood():
            body = await self._response.aread()
        return Answer(status=self.status, headers=self.headers, body=body)

    async def chunks(
        self, *, silence: Callable[[], float] | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Give what comes.

        Args:
            silence: Gives the seconds for which nothing may come; it is asked anew each
                time. None for what the request said.

        Raises:
            TransportError: It was cut, or silent.
        """
        chunks = self._response.aiter_bytes()
        while True:
            limit = None if silence is None else min(silence(), MOST_SILENCE)
            try:
                with understood():
                    async with asyncio.timeout(limit):
                        chunk = await anext(chunks, None)
            except TimeoutError:
                raise TransportError(f"nothing came for {limit:g} s") from None
            if chunk is None:
                return
            yield chunk


class AsyncHttp:
    """Asks one server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client = httpx2.AsyncClient(**server.options())
        self._token = server.kept_token()
        self._logging_in = asyncio.Lock()

    async def send(self, request: Request) -> Answer:
        """Ask, and wait for the whole answer.

        Raises:
            TransportError: There was none, or only a part.
        """
        async with self.open(request) as opened:
            return await opened.answer()

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[AsyncOpened]:
        """Ask, and give the answer as soon as it begins.

        Raises:
            TransportError: There was none.
        """
        response = await self._answered(request)
        try:
            yield AsyncOpened(response)
        finally:
            await response.aclose()

    async def _answered(self, request: Request) -> httpx2.Response:
        kept = self._token
        if kept is None:
            return await self._send(request, self._server.proof())
        refusal = await self._log_in(kept)
        if refusal is not None:
            return refusal
        proof = kept.proof()
        response = await self._send(request, proof)
        if response.status_code != UNAUTHORIZED or not proof:
            return response
        # The token was refused before its time, and nothing was done: perhaps a new one does.
        kept.forget(proof)
        if isinstance(request.body, Upload):
            return response  # what is read for it may not be there a second time
        await response.aclose()
        return await self._log_in(kept) or await self._send(request, kept.proof())

    async def _log_in(self, kept: KeptToken) -> httpx2.Response | None:
        """Get a token if one is due; give the answer if it is a refusal.

        Raises:
            TransportError: There was no answer.
        """
        async with self._logging_in:
            if not kept.due:
                return None
            try:
                response = await self._send(kept.request, {})
                answer = await AsyncOpened(response).answer()
            except TransportError as error:
                # Of what the caller asks nothing was sent.
                raise TransportError(str(error), sent=False) from error
            return None if kept.understand(answer) else response

    async def _send(self, request: Request, proof: Mapping[str, str]) -> httpx2.Response:
        body = request.body.pieces_async() if isinstance(request.body, Upload) else request.body
        with understood():
            asked = self._client.build_request(**self._server.asked(request, body, proof))
            return await self._client.send(asked, stream=True)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()
