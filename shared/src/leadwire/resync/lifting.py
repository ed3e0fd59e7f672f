"""Lift revs beyond what was told before a database was lost.

A restored service goes on from the revs of its backup. Subscribers may have been told higher ones
since, and drop what bears a lower one, although it is newer. So after a restore each rev becomes
the number of seconds since 2025, if it is not greater: no thing changes every second on average,
so none was told a rev as great, in whatever life of the database, be it restored from the same
backup twice. How many changes were lost need not be known
(docs/adr/0032-revs-after-a-restore-are-seconds.md).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from leadwire.db import Connection, Database

_BEGINNING: Final = datetime(2025, 1, 1, tzinfo=UTC)
_BATCH: Final = 10_000


def rev_above_all_told(moment: datetime) -> int:
    """Return a rev that nothing had before a moment; it fits into 32 bits until 2093."""
    return int((moment - _BEGINNING).total_seconds())


async def lift_revs(database: Database, query: str, *, floor: int) -> int:
    """Lift the revs of one table, in batches; return how many rows there are.

    One that was killed is run again: what is lifted already is lifted further.

    Args:
        database: The service's database.
        query: Lifts the revs of the rows after the id `$1`, at most `$2` of them, to more than
            they are and at least `$3`, and returns their ids in ascending order.
        floor: From `rev_above_all_told`.
    """
    lifted, after = 0, UUID(int=0)
    while True:
        async with database.transaction() as connection:
            ids = await _lift_some(connection, query, after=after, floor=floor)
        lifted += len(ids)
        if len(ids) < _BATCH:
            return lifted
        after = ids[-1]


async def _lift_some(
    connection: Connection, query: str, *, after: UUID, floor: int
) -> Sequence[UUID]:
    return [record["id"] for record in await connection.fetch(query, after, _BATCH, floor)]
