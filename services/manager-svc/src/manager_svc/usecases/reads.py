"""Read without the matching lock: whatever was committed last."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from leadwire.db import Connection, Database
from manager_svc.storage.leads import LeadStore
from manager_svc.storage.managers import ManagerStore

T = TypeVar("T")


class Stores:
    """Managers and leads, on one connection."""

    def __init__(self, *, connection: Connection) -> None:
        self.managers = ManagerStore(connection=connection)
        self.leads = LeadStore(connection=connection)


class Reads:
    """Runs what only reads, each on a connection of its own.

    Args:
        database: The service's own.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def run(self, read: Callable[[Stores], Awaitable[T]]) -> T:
        """Return what is read."""
        async with self._database.connection() as connection:
            return await read(Stores(connection=connection))
