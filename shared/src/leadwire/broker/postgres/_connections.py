"""How the Postgres broker connects, and which errors mean that the server is away."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator
from typing import TYPE_CHECKING

import asyncpg

from leadwire.broker.errors import BrokerRefusedError, BrokerUnavailableError
from leadwire.db import Connection, DedicatedConnection, role_of
from leadwire.db.session import CONNECT_WITHIN, LOCK_HOLDER, POOLED, location, server_settings

if TYPE_CHECKING:
    from asyncpg.pool import Pool

SCHEMA = "broker"

UNAVAILABLE = (
    OSError,  # TimeoutError is one too
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server's goodbye has crossed a statement
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutdown, crash, starting up, statement time-out
    asyncpg.LockNotAvailableError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
)
"""What passes while the client keeps trying."""

REFUSED = (
    asyncpg.InvalidAuthorizationSpecificationError,  # the role or its password
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,  # no CONNECT, or none on the schema
    asyncpg.UndefinedObjectError,  # a parameter of the address that the server does not know,
    asyncpg.InvalidParameterValueError,  # or not with this value,
    asyncpg.CantChangeRuntimeParamError,  # or not from a client
)
"""What an operator mends, while the client keeps trying."""

PLANNING = {
    # A generic plan does not know how few rows a claim takes, and may sort a whole backlog.
    "plan_cache_mode": "force_custom_plan",
    "jit": "off",
}


def publisher_settings(*, name: str, statement_within: float) -> dict[str, str]:
    """Return the server settings of a connection that publishes or declares.

    What is accepted is on disk, whatever the database's default.
    """
    settings = server_settings(
        schema=SCHEMA, application_name=name, statement_within=statement_within, liveness=POOLED
    )
    return {**settings, **PLANNING, "synchronous_commit": "on"}


def session_settings(*, name: str, statement_within: float) -> dict[str, str]:
    """Return the server settings of a consumer's session.

    Claims and acknowledgements need not survive a crash of the server: what was handled is
    delivered once more then. So their commits do not wait for the disk.
    """
    settings = server_settings(
        schema=SCHEMA,
        application_name=name,
        statement_within=statement_within,
        liveness=LOCK_HOLDER,
    )
    return {**settings, **PLANNING, "synchronous_commit": "off"}


async def connect(
    url: str, *, settings: dict[str, str], statement_within: float
) -> DedicatedConnection:
    """Open a connection.

    Raises:
        BrokerRefusedError: The server refused the role, or what the address asks for.
        BrokerUnavailableError: The server did not answer.
    """
    with unavailable(url):
        return await asyncpg.connect(
            url,
            timeout=CONNECT_WITHIN,
            # Longer than the server's own bound, which leaves the connection usable.
            command_timeout=statement_within + 1.0,
            server_settings=settings,
        )


@contextlib.contextmanager
def unavailable(url: str) -> Iterator[None]:
    """Turn the errors of a server that is away, or refuses us, into those of a broker."""
    try:
        yield
    except REFUSED as error:
        reason = str(error).partition("\n")[0]
        raise BrokerRefusedError(
            f"the broker database at {location(url)} refused the role {role_of(url)}: {reason}"
        ) from error
    except UNAVAILABLE as error:
        raise BrokerUnavailableError(
            f"the broker database at {location(url)} does not answer: {type(error).__name__}"
        ) from error


@contextlib.asynccontextmanager
async def lend(pool: "Pool[asyncpg.Record]") -> AsyncGenerator[Connection]:
    """Lend a connection of the pool; cut it if its work is interrupted or takes too long.

    Given back as it is, the pool would wait for an answer that may never come.
    """
    async with pool.acquire() as connection:
        try:
            yield connection
        except (asyncio.CancelledError, TimeoutError, asyncpg.InternalClientError):
            connection.terminate()
            raise
