"""Find a TCP port to listen on."""

import contextlib
import socket
from random import SystemRandom

from leadwire.db.embedded.errors import EmbeddedPostgresError

_CANDIDATES = range(15_000, 32_000)
"""Below the ports that systems hand to outgoing connections: a server that was stopped
finds its port free when it comes back."""

LOOPBACK = "127.0.0.1"


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

    Raises:
        EmbeddedPostgresError: A hundred random ports were all taken.
    """
    for _ in range(100):
        port = SystemRandom().choice(_CANDIDATES)
        if is_free(port):
            return port
    raise EmbeddedPostgresError("found no free TCP port on 127.0.0.1")
