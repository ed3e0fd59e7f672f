import asyncpg
import pytest

from leadwire.db import DatabaseRefusedError, DatabaseUnavailableError, is_transient


@pytest.mark.parametrize(
    "error",
    [
        DatabaseUnavailableError("gone"),
        asyncpg.DeadlockDetectedError(),
        asyncpg.SerializationError(),
        asyncpg.LockNotAvailableError(),
        asyncpg.QueryCanceledError(),
        asyncpg.AdminShutdownError(),
        asyncpg.CannotConnectNowError(),
        asyncpg.ConnectionDoesNotExistError(),
        asyncpg.TooManyConnectionsError(),
        ConnectionRefusedError(),
        TimeoutError(),
    ],
)
def test_what_passes_by_itself_is_transient(error: Exception) -> None:
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        DatabaseRefusedError("wrong password"),
        asyncpg.UniqueViolationError(),
        asyncpg.UndefinedTableError(),
        asyncpg.InsufficientPrivilegeError(),
        ValueError(),
    ],
)
def test_what_stays_wrong_is_not(error: Exception) -> None:
    assert not is_transient(error)
