"""How every connection is opened: named, bounded and alive.

The server, not only the client, must notice a peer that vanished, or the locks of a
dead process stay for hours. So keepalives and `tcp_user_timeout` are settings of the
server's end of each connection. PgBouncer in transaction mode is not supported.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

import asyncpg
from asyncpg.pool import PoolConnectionProxy

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    DedicatedConnection: TypeAlias = asyncpg.Connection[asyncpg.Record]
else:
    # asyncpg's classes cannot be subscripted when the program runs.
    Connection = asyncpg.Connection | PoolConnectionProxy
    DedicatedConnection = asyncpg.Connection

CONNECT_WITHIN = 5.0
"""Seconds for one attempt to open a connection."""

MAX_NAME_BYTES = 63
"""Postgres cuts longer application names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Liveness:
    """How soon the server gives up a client that no longer answers, in seconds."""

    idle: int
    interval: int
    count: int
    user_timeout: int

    def settings(self) -> dict[str, str]:
        """Return these bounds as server settings."""
        return {
            "tcp_keepalives_idle": str(self.idle),
            "tcp_keepalives_interval": str(self.interval),
            "tcp_keepalives_count": str(self.count),
            "tcp_user_timeout": str(self.user_timeout * 1000),
        }


POOLED = Liveness(idle=30, interval=10, count=3, user_timeout=60)
LOCK_HOLDER = Liveness(idle=3, interval=2, count=3, user_timeout=9)
"""For a connection whose locks others wait for."""


def server_settings(
    *, schema: str, application_name: str, statement_within: float, liveness: Liveness
) -> dict[str, str]:
    """Return the settings that a session starts with, and that a reset returns to.

    Args:
        schema: The only schema on the search path.
        application_name: Shown to the database's operators.
        statement_within: Seconds after which the server cancels a statement. A lock is
            waited for half as long, so that the error names the lock.
        liveness: Bounds on a silent peer.
    """
    return {
        "application_name": application_name.encode()[:MAX_NAME_BYTES].decode(errors="ignore"),
        "search_path": f'"{schema}"',
        "timezone": "UTC",
        "statement_timeout": f"{statement_within * 1000:.0f}",
        "lock_timeout": f"{statement_within * 500:.0f}",
        "idle_in_transaction_session_timeout": f"{max(statement_within * 2, 1.0) * 1000:.0f}",
        **liveness.settings(),
    }


def location(url: str) -> str:
    """Return host, port and database of a URL, without its role and password."""
    parts = urlsplit(url)
    hosts = parts.netloc.rpartition("@")[2] or "local socket"
    # An address may name several hosts, each with a port of its own.
    has_port = ":" in hosts.rpartition("]")[2]
    return f"{hosts}{'' if has_port else ':5432'}{parts.path}"
