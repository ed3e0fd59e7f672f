"""One service's way to its database: a bounded pool, one role, one schema."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TYPE_CHECKING, Literal, TypeVar
from urllib.parse import urlsplit

import asyncpg
import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_never,
    wait_random_exponential,
)

from leadwire.db.addresses import role_of
from leadwire.db.errors import (
    CONNECTION_LOST,
    LOST_IN_USE,
    REFUSED,
    DatabaseError,
    DatabaseRefusedError,
    DatabaseUnavailableError,
)
from leadwire.db.pool_use import PoolUse
from leadwire.db.session import (
    CONNECT_WITHIN,
    LOCK_HOLDER,
    POOLED,
    Connection,
    DedicatedConnection,
    location,
    server_settings,
)

if TYPE_CHECKING:
    from asyncpg.pool import Pool, PoolConnectionProxy

log = structlog.get_logger(__name__)

Isolation = Literal["read_committed", "repeatable_read"]

CHECK_WITHIN = 2.0
"""Seconds for one health check."""

CLOSE_WITHIN = 10.0
"""Seconds that connections in use are given to come back when the pool stops."""

_T = TypeVar("_T")


class Database:
    """A pool of connections of one role, all on one schema.

    Every connection has an application name, the schema as its search path, time-outs
    for statements, locks and idle transactions, and keepalives. A restart of the server
    is survived: whoever asks for a connection meanwhile waits, within `acquire_timeout`.

    Args:
        url: Address with role and password.
        schema: The schema that the role owns.
        application_name: Name of the connections, as the database's operators see it.
        pool_size: Most connections in the pool.
        acquire_timeout: Seconds to wait for a connection, new ones included.
        command_timeout: Seconds after which a statement is given up.
        connect_within: Seconds that `start` waits for a database that is not there yet.
    """

    def __init__(
        self,
        *,
        url: str,
        schema: str,
        application_name: str,
        pool_size: int = 8,
        acquire_timeout: float = 10.0,
        command_timeout: float = 30.0,
        connect_within: float = 60.0,
    ) -> None:
        self.schema = schema
        self.application_name = application_name
        self._url = url
        self._where = location(url)
        self._pool_size = pool_size
        self._acquire_timeout = acquire_timeout
        self._command_timeout = command_timeout
        self._connect_within = connect_within
        self._pool: Pool[asyncpg.Record] | None = None
        self._unclean: set[int] = set()
        self.use = PoolUse(most=pool_size)

    async def start(self) -> None:
        """Wait for the database to answer, then be ready.

        Raises:
            DatabaseRefusedError: The server refused the role, or has no such database.
            DatabaseUnavailableError: It did not answer within `connect_within` seconds.
        """
        if self._pool is not None:
            return
        pool = self._pool = await self._new_pool()

        async def acquire() -> "PoolConnectionProxy[asyncpg.Record]":
            try:
                return await pool.acquire()
            except asyncpg.InvalidCatalogNameError as error:
                raise DatabaseRefusedError(self._no_such_database()) from error

        try:
            connection = await self._retrying(acquire, within=self._connect_within, purpose="start")
            await self._release(pool, connection, is_clean=True)
        except BaseException:
            await self.stop()
            raise
        log.info("database_connected", database=self._where, schema=self.schema)

    async def stop(self) -> None:
        """Close every connection; those in use get a moment to come back."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            async with asyncio.timeout(CLOSE_WITHIN):
                await pool.close()
        except TimeoutError:
            log.warning("database_connections_cut", database=self._where)
            pool.terminate()

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        """Lend a connection of the pool; each statement commits by itself.

        Raises:
            DatabaseUnavailableError: None came within `acquire_timeout`, or the one
                lent was lost.
        """
        pool = self._started()
        connection = await self._lend(pool)
        is_clean = False
        try:
            yield connection
            is_clean = True
        except Exception as error:
            if _lost(connection, error):
                raise DatabaseUnavailableError(f"lost the connection to {self._where}") from error
            raise
        finally:
            self.use.lent -= 1
            await self._release(pool, connection, is_clean=is_clean)

    @contextlib.asynccontextmanager
    async def transaction(
        self, *, isolation: Isolation = "read_committed", readonly: bool = False
    ) -> AsyncGenerator[Connection]:
        """Lend a connection in a transaction: committed at the end, rolled back on an error.

        Raises:
            DatabaseUnavailableError: As for `connection`. If the connection is lost in
                the commit, nobody can tell whether it happened: do the work again, and
                let what makes it idempotent sort it out.
        """
        async with self.connection() as connection:
            transaction = connection.transaction(isolation=isolation, readonly=readonly)
            await _begin(connection, transaction)
            try:
                yield connection
            except BaseException:
                if not _is_gone(connection):
                    await _roll_back(transaction)
                raise
            await transaction.commit()

    async def dedicated(self, *, purpose: str) -> DedicatedConnection:
        """Open a connection outside the pool, for a lock or to listen; the caller closes it.

        The server notices within seconds if this process vanishes.

        Args:
            purpose: Appended to the application name.

        Raises:
            DatabaseUnavailableError: It could not be opened within `acquire_timeout`.
        """

        async def connect() -> DedicatedConnection:
            return await asyncpg.connect(
                self._url,
                timeout=CONNECT_WITHIN,
                command_timeout=self._command_timeout,
                server_settings=server_settings(
                    schema=self.schema,
                    application_name=f"{self.application_name}:{purpose}",
                    statement_within=self._command_timeout,
                    liveness=LOCK_HOLDER,
                ),
            )

        return await self._retrying(connect, within=self._acquire_timeout, purpose=purpose)

    async def check(self) -> None:
        """Prove that the database answers now.

        Raises:
            DatabaseUnavailableError: It does not, within two seconds.
        """
        pool = self._started()
        try:
            async with asyncio.timeout(CHECK_WITHIN):
                await pool.fetchval("SELECT 1")
        except (*LOST_IN_USE, *REFUSED) as error:
            raise DatabaseUnavailableError(f"{self._where} does not answer") from error

    async def _new_pool(self) -> "Pool[asyncpg.Record]":
        # With min_size=0 nothing is connected here: waiting is `_retrying`'s alone.
        return await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=self._pool_size,
            reset=self._reset_if_unclean,
            timeout=CONNECT_WITHIN,
            command_timeout=self._command_timeout,
            server_settings=server_settings(
                schema=self.schema,
                application_name=self.application_name,
                statement_within=self._command_timeout,
                liveness=POOLED,
            ),
        )

    async def _reset_if_unclean(self, connection: Connection) -> None:
        """Reset the session of somebody who was interrupted: he may have left a lock behind.

        Nobody else leaves anything, and to look, as the pool does by default, takes longer than
        many a statement. The pool calls this, since it drops a connection where this fails.
        """
        backend = connection.get_server_pid()
        if backend in self._unclean:
            self._unclean.discard(backend)
            await connection.reset(timeout=CONNECT_WITHIN)

    def _started(self) -> "Pool[asyncpg.Record]":
        if self._pool is None:
            raise DatabaseError(f"the pool of {self.application_name} is not started")
        return self._pool

    async def _lend(self, pool: "Pool[asyncpg.Record]") -> "PoolConnectionProxy[asyncpg.Record]":
        self.use.waiting += 1
        try:
            connection = await self._retrying(
                pool.acquire, within=self._acquire_timeout, purpose="acquire"
            )
        except DatabaseUnavailableError:
            self.use.refused += 1
            raise
        finally:
            self.use.waiting -= 1
        self.use.lent += 1
        return connection

    async def _retrying(
        self, connect: Callable[[], Awaitable[_T]], *, within: float, purpose: str
    ) -> _T:
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(CONNECTION_LOST),
            wait=wait_random_exponential(multiplier=0.1, max=2.0),
            stop=stop_never,  # the time-out around it ends it, also within an attempt
            before_sleep=self._say_waiting(purpose),
            reraise=True,
        )

        async def attempt() -> _T:
            # tenacity awaits coroutine functions only, and `Pool.acquire` is none.
            return await connect()

        try:
            async with asyncio.timeout(within):
                # Nearly always the first try succeeds; tenacity would double its cost.
                with contextlib.suppress(*CONNECTION_LOST):
                    return await connect()
                return await retrying(attempt)
        except TimeoutError as error:
            raise DatabaseUnavailableError(
                f"no connection to {self._where} within {within:g} s ({purpose})"
            ) from error
        except asyncpg.PostgresError as error:
            reason = str(error).partition("\n")[0]
            raise DatabaseRefusedError(
                f"{self._where} refused the role {role_of(self._url)} ({reason}): check the role, "
                "the password and the parameters in its database URL"
            ) from error

    def _no_such_database(self) -> str:
        server, _, name = self._where.partition("/")
        name = name or urlsplit(self._url).username or "postgres"
        return f"there is no database `{name}` at {server}: create it"

    def _say_waiting(self, purpose: str) -> Callable[[RetryCallState], None]:
        def say(state: RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            log.warning(
                "database_waited_for",
                database=self._where,
                purpose=purpose,
                attempt=state.attempt_number,
                error=type(error).__name__,
            )

        return say

    async def _release(
        self,
        pool: "Pool[asyncpg.Record]",
        connection: "PoolConnectionProxy[asyncpg.Record]",
        *,
        is_clean: bool,
    ) -> None:
        if not is_clean and not _is_gone(connection):
            self._unclean.add(connection.get_server_pid())
        try:
            await pool.release(connection, timeout=CONNECT_WITHIN)
        except LOST_IN_USE as error:
            # The pool drops such a connection. Whether the work succeeded was decided before.
            log.warning(
                "database_connection_dropped", database=self._where, error=type(error).__name__
            )


async def _begin(connection: Connection, transaction: asyncpg.transaction.Transaction) -> None:
    """Begin; if that is interrupted nobody can tell whether it has: the connection is done for.

    Given back to the pool as it is, it would have the driver complain of a transaction.
    """
    try:
        await transaction.start()
    except BaseException:
        if not _is_gone(connection):
            connection.terminate()
        raise


async def _roll_back(transaction: asyncpg.transaction.Transaction) -> None:
    """Roll back; if that fails the connection is done for, and the first error says more."""
    with contextlib.suppress(*LOST_IN_USE):
        await transaction.rollback()


def _lost(connection: Connection, error: Exception) -> bool:
    """Tell whether the error is that of a connection that is gone."""
    if isinstance(error, asyncpg.OperatorInterventionError):
        # A cancelled statement is one of these, but leaves the connection alive.
        return not isinstance(error, asyncpg.QueryCanceledError)
    if isinstance(error, asyncpg.InternalClientError):
        return True  # `LOST_IN_USE` says why
    gone = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError)
    return isinstance(error, gone) and _is_gone(connection)


def _is_gone(connection: Connection) -> bool:
    """Tell whether the connection was lost; the pool takes a lost one back at once."""
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        return True
