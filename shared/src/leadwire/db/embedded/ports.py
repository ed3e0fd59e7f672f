"""Find a TCP port to listen on."""

import contextlib
import os
import socket
from collections import deque
from random import SystemRandom
from typing import Final

from leadwire.db.embedded.errors import EmbeddedPostgresError

_CANDIDATES = range(15_000, 32_000)
"""Below the ports that systems hand to outgoing connections: a server that was stopped
finds its port free when it comes back."""

LOOPBACK = "127.0.0.1"

_MOST_HELD: Final = 256
_held: Final[deque[int]] = deque()
"""Descriptors of UDP sockets: what listens by TCP is not hindered by one of the same number, and
no process is given a port whose number another one holds so."""


def is_free(port: int) -> bool:
    """Tell whether a server could listen on the port of the loopback address now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            probe.bind((LOOPBACK, port))
            return True
    return False


def free_port() -> int:
    """Return a port that nobody listens on at this moment.

    Until this process ends, or has asked for some hundred others, nobody else is given it: also
    not before a server listens there, nor while that is stopped.

    Raises:
        EmbeddedPostgresError: A hundred random ports were all taken.
    """
    for _ in range(100):
        port = SystemRandom().choice(_CANDIDATES)
        if is_free(port) and _hold(port):
            return port
    raise EmbeddedPostgresError("found no free TCP port on 127.0.0.1")


def _hold(port: int) -> bool:
    with socket.socket(type=socket.SOCK_DGRAM) as holder, contextlib.suppress(OSError):
        holder.bind((LOOPBACK, port))
        _held.append(holder.detach())
        while len(_held) > _MOST_HELD:
            os.close(_held.popleft())
        return True
    return False
