"""Read a page of the journal, or count what came in."""

from collections.abc import Sequence
from typing import Final

from leadwire.db import Database
from notifier_svc.domain.journal import JournalCounts, JournalEntry, JournalPlace, JournalSelection
from notifier_svc.storage.journal import JournalStore

MAX_PAGE_BYTES: Final = 8 * 1024 * 1024


async def read_journal(
    database: Database, selection: JournalSelection, *, after: JournalPlace | None, limit: int
) -> tuple[list[JournalEntry], bool]:
    """Return a page in commit order, and whether there is more; large bodies shorten the page."""
    async with database.connection() as connection:
        return await JournalStore(connection=connection).page(
            selection, after=after, limit=limit, max_bytes=MAX_PAGE_BYTES
        )


async def count_journal(database: Database, types: Sequence[str], *, minutes: int) -> JournalCounts:
    """Return how many events of some types came in within each of the last minutes."""
    async with database.connection() as connection:
        return await JournalStore(connection=connection).count_by_minute(types, minutes=minutes)
