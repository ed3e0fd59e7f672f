"""Make a database that was restored from a backup fit to be served.

Three things happened after the backup was taken of which it knows nothing: leads were told with
higher revs, people were erased, and files were stored. So revs are lifted, erasures are done again
before anything is published, and files that nothing refers to are left to be deleted.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from import_svc.storage.file_errors import FileStoreError
from import_svc.storage.files import FileStore
from import_svc.storage.leads import LeadStore
from import_svc.storage.resumes import UnreferencedFiles
from import_svc.usecases.erase_lead import EraseLead
from import_svc.usecases.stored_lead import LeadNotFoundError
from leadwire.db import Database
from leadwire.resync import lift_revs, rev_above_all_told

STRAY_FILES_KEPT_FOR: Final = timedelta(days=7)
"""So long somebody may still look for whose they were."""


class AfterRestore:
    """What to do once, before the first start.

    Args:
        database: The service's database.
        leads: Where leads are stored.
        unreferenced: Which files are to be deleted.
        files: Where files are stored.
        erase_lead: Erases one.
        say: Prints a line for whoever watches.
    """

    def __init__(
        self,
        *,
        database: Database,
        leads: LeadStore,
        unreferenced: UnreferencedFiles,
        files: FileStore,
        erase_lead: EraseLead,
        say: Callable[[str], None],
    ) -> None:
        self._database = database
        self._leads = leads
        self._unreferenced = unreferenced
        self._files = files
        self._erase_lead = erase_lead
        self._say = say

    async def __call__(self, *, erased: Iterable[UUID]) -> bool:
        """Do it, and tell whether all of it could be done.

        Args:
            erased: Leads that were erased after the backup was taken, perhaps before, too.
        """
        floor = rev_above_all_told(datetime.now(UTC))
        lifted = await lift_revs(self._database, self._leads.lift_revs, floor=floor)
        self._say(f"restored: {lifted} leads have revs that nobody was told")
        await self._erase(erased)
        return await self._leave_stray_files()

    async def _erase(self, lead_ids: Iterable[UUID]) -> None:
        erased = unknown = 0
        for lead_id in lead_ids:
            try:
                await self._erase_lead(lead_id, versions=None)
                erased += 1
            except LeadNotFoundError:
                unknown += 1  # came in after the backup
        self._say(f"restored: {erased} leads are erased as before, {unknown} are not in the backup")

    async def _leave_stray_files(self) -> bool:
        now, stray = datetime.now(UTC), 0
        try:
            async for names in self._files.older_than(now, under="resumes"):
                async with self._database.transaction() as connection:
                    stray += await self._unreferenced.note_stray(
                        connection, names, delete_after=now + STRAY_FILES_KEPT_FOR
                    )
        except FileStoreError as error:
            self._say(f"restored: files were not looked through ({error}): run it again")
            return False
        self._say(f"restored: {stray} files are newer than the backup, and go in a week")
        return True


def ids_in(path: Path) -> Iterator[UUID]:
    """Yield the ids in a file, one a line; blank lines are passed over.

    Raises:
        ValueError: A line is no id.
        OSError: The file cannot be read.
    """
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield UUID(line.strip())
