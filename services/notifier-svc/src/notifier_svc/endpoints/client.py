"""Post to an endpoint that may be slow, broken or hostile."""

import asyncio
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import aiohttp

from notifier_svc.domain.deliveries import NotDeliveredError
from notifier_svc.domain.urls import Reach
from notifier_svc.endpoints.reasons import reason_of
from notifier_svc.endpoints.sockets import LookUp, NameResolver, socket_factory

CONNECT_WITHIN: Final = 5.0
"""Seconds to resolve the name, connect and agree on TLS."""

KEPT_FOR: Final = 4.0
"""Seconds that an idle connection is kept: less than servers do, which close after five."""

MAX_ANSWER: Final = 4_096
"""Bytes of an answer's body that are read; then the connection is cut."""

_READ_WITHIN: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointAnswer:
    """What an endpoint answered.

    Attributes:
        status: HTTP status.
        retry_after: The header of this name, as it came.
        head: The first bytes of the body.
    """

    status: int
    retry_after: str | None
    head: bytes


class EndpointClient:
    """Posts to endpoints; a component.

    Redirects are not followed, proxies of the environment are not used, cookies are not kept,
    bodies are not unpacked.

    Args:
        reach: Where to.
        answer_within: Seconds for a request until its answer begins.
        look_up: Resolves names.
    """

    def __init__(
        self, *, reach: Reach, answer_within: float, look_up: LookUp = socket.getaddrinfo
    ) -> None:
        self._reach = reach
        self._within = answer_within
        self._look_up = look_up
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Be ready to post."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,  # whoever posts is bounded
                resolver=NameResolver(look_up=self._look_up),
                socket_factory=socket_factory(self._reach),
                keepalive_timeout=KEPT_FOR,
            ),
            timeout=aiohttp.ClientTimeout(
                total=self._within, connect=min(CONNECT_WITHIN, self._within)
            ),
            headers={"User-Agent": "Leadwire-Webhooks", "Accept-Encoding": "identity"},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )

    async def stop(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> EndpointAnswer:
        """Post once.

        Raises:
            NotDeliveredError: Nobody answered, or not in HTTP.
        """
        if self._session is None:
            raise RuntimeError("the client is not started")
        try:
            async with self._session.post(
                url, data=body, headers=headers, allow_redirects=False
            ) as response:
                answer = EndpointAnswer(
                    status=response.status,
                    retry_after=response.headers.get("Retry-After"),
                    head=await _head_of(response),
                )
                if not response.content.at_eof():
                    response.close()
                return answer
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise NotDeliveredError(reason_of(error)) from None


async def _head_of(response: aiohttp.ClientResponse) -> bytes:
    """Read the begin of the body: if that is all, the connection can be used again.

    The status says all that counts, so nothing that goes wrong here does.
    """
    head = bytearray()
    with suppress(aiohttp.ClientError, OSError):
        async with asyncio.timeout(_READ_WITHIN):
            while len(head) < MAX_ANSWER and (piece := await response.content.readany()):
                head += piece
    return bytes(head[:MAX_ANSWER])
