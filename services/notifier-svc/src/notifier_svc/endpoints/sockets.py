"""Connect to allowed addresses only.

Whatever a URL says, by name, number or redirect, and whatever a name resolves to at that moment,
ends in an address to connect to: the socket for it is made here, or it is not.
"""

import asyncio
import errno
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from notifier_svc.domain.urls import Reach
from notifier_svc.domain.webhooks import MAX_WEBHOOKS

LookUp = Callable[..., list[Any]]
"""As `socket.getaddrinfo`."""


class ForbiddenAddressError(OSError):
    """The address is none that may be connected to."""

    def __init__(self) -> None:
        # The text is the same for each address of a host, or asyncio would not raise this error.
        super().__init__(errno.EACCES, "the address is not allowed")


def socket_factory(reach: Reach) -> Callable[[Any], socket.socket]:
    """Return what makes sockets for aiohttp, one for each address that it is about to try."""

    def make(info: tuple[int, int, int, str, tuple[Any, ...]]) -> socket.socket:
        family, kind, protocol, _, address = info
        if not reach.allows(address[0]):
            raise ForbiddenAddressError
        return socket.socket(family, kind, protocol)

    return make


class NameResolver(AbstractResolver):
    """Resolves names in threads of its own.

    A name whose servers do not answer holds its thread for long. aiohttp asks for each name once
    at a time, so there is a thread for each webhook: none waits for another, nor does anybody else
    who needs a thread of the process.

    Args:
        look_up: Asks the system.
    """

    def __init__(self, *, look_up: LookUp = socket.getaddrinfo) -> None:
        self._look_up = look_up
        self._threads = ThreadPoolExecutor(MAX_WEBHOOKS, thread_name_prefix="webhook names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a host."""
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads,
            partial(self._look_up, host, port, family=family, type=socket.SOCK_STREAM),
        )
        return [
            ResolveResult(
                hostname=host,
                host=address[0],
                port=address[1],
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)
