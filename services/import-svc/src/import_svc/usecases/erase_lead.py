"""Erase a lead: its row, and whatever else here holds its personal data (G11).

The file of its resume is deleted after the commit, and for as long as that takes tried again.

Failures of imports that hold an email or cellphone that the lead has or had before, in whatever
field, keep their row number, codes and reason, so that receipts stay true, but no value. Chunks of
imports that are being stored are waited for, so that what was judged by the lead is found. A file
that brings the same person later is a new submission: he becomes a lead again, or a failure, like
anybody else. A form's request that comes again is none: it is known by its key, of which that much
stays for a while.
"""

from datetime import UTC, datetime
from uuid import UUID

import structlog

from import_svc.domain.leads import Tombstone
from import_svc.storage.leads import LeadStore
from import_svc.storage.receipts import ReceiptStore
from import_svc.storage.rehearsals import RehearsalStore
from import_svc.storage.resumes import ResumeStore
from import_svc.usecases.announcers import ChangeAnnouncer
from import_svc.usecases.delete_files import DeleteFiles
from import_svc.usecases.forget_keys import KEPT_FOR
from import_svc.usecases.patience import again_if_rolled_back
from import_svc.usecases.stored_lead import (
    LeadNotFoundError,
    require_version,
)
from leadwire.db import Database

log = structlog.get_logger(__name__)


class EraseLead:
    """Erases single leads.

    Args:
        database: The service's database.
        leads: Where leads are stored.
        receipts: Where the failures of imports are.
        rehearsals: Where the keys of dry runs are.
        resumes: Where resumes are noted.
        delete_files: Deletes their files.
        announcer: Announces the erasure.
    """

    def __init__(
        self,
        *,
        database: Database,
        leads: LeadStore,
        receipts: ReceiptStore,
        rehearsals: RehearsalStore,
        resumes: ResumeStore,
        delete_files: DeleteFiles,
        announcer: ChangeAnnouncer,
    ) -> None:
        self._database = database
        self._leads = leads
        self._receipts = receipts
        self._rehearsals = rehearsals
        self._resumes = resumes
        self._delete_files = delete_files
        self._announcer = announcer

    async def __call__(self, lead_id: UUID, *, versions: frozenset[str] | None) -> None:
        """Erase a lead, and leave its tombstone; nothing is left to do if it is erased.

        Args:
            lead_id: The lead.
            versions: Tags of which one must be the lead's; None if any will do.

        Raises:
            LeadNotFoundError: There never was such a lead.
            StaleLeadError: The lead is not at one of these versions.
        """
        await again_if_rolled_back(lambda: self._erase(lead_id, versions))
        self._delete_files.hasten()
        # Whoever restores an older backup finds here whom to erase again.
        log.info("lead_erased", lead_id=str(lead_id))

    async def _erase(self, lead_id: UUID, versions: frozenset[str] | None) -> None:
        async with self._database.transaction() as connection:
            await self._receipts.wait_for_chunks(connection)
            lead = await self._leads.lock(connection, lead_id)
            if lead is None:
                if await self._leads.is_erased(connection, lead_id):
                    return
                raise LeadNotFoundError(lead_id)
            require_version(lead, versions)
            tombstone = Tombstone(lead.id, lead.rev + 1)
            keys = await self._leads.all_keys(connection, lead)
            erased_at = datetime.now(UTC)
            await self._resumes.doom(connection, lead_id)
            await self._leads.strip_keys(connection, lead_id, delete_after=erased_at + KEPT_FOR)
            await self._leads.bury(connection, tombstone, erased_at=erased_at)
            await self._receipts.forget_failures(connection, keys)
            await self._rehearsals.forget_keys(connection, keys)
            await self._announcer.withdraw(connection, lead_id)
            await self._announcer.erased(connection, [tombstone])
