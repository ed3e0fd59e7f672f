"""What the database layer can raise, and which failures pass by themselves."""

import asyncpg


class DatabaseError(Exception):
    """Any failure of the database layer that its caller may want to handle."""


class DatabaseUnavailableError(DatabaseError):
    """The database did not answer, or the connection was lost; trying again may help."""


class DatabaseRefusedError(DatabaseUnavailableError):
    """The server refused the role, or has no such database; waiting will not help."""


class ProvisioningError(DatabaseError):
    """Role and schema cannot be made without hurting others; the message says what to do."""


class MigrationError(DatabaseError):
    """The migrations cannot be applied as they are; the message says why."""


CONNECTION_LOST = (
    OSError,  # TimeoutError is one too
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutdown, crash, starting up
    asyncpg.TooManyConnectionsError,
    asyncpg.InvalidCatalogNameError,  # being made anew, as for a restore; a start refuses it
)
"""Failures to connect, or of a connection, that waiting may cure."""

LOST_IN_USE = (
    *CONNECTION_LOST,
    asyncpg.InterfaceError,  # it is closed already
    # The server said goodbye while the connection was idle, and asyncpg, which has not seen the
    # end of the stream yet, mixes that up with the next statement's answer.
    asyncpg.InternalClientError,
)
"""What a statement can raise on a connection that is gone."""

REFUSED = (asyncpg.InvalidAuthorizationSpecificationError,)
"""Failures to connect that only another password or another role cures."""

_PASSING = (
    DatabaseUnavailableError,
    TimeoutError,
    asyncpg.TransactionRollbackError,  # deadlock, serialization
    asyncpg.LockNotAvailableError,
    asyncpg.InsufficientResourcesError,
    *CONNECTION_LOST,
)


def is_transient(error: BaseException) -> bool:
    """Tell whether the same work may well succeed when it is done again later.

    That is so after a lost connection, a deadlock, a serialization failure, a time-out
    or a server that is short of resources; never after a refused role.
    """
    return isinstance(error, _PASSING) and not isinstance(error, DatabaseRefusedError)
