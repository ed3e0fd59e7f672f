"""Give a lead a resume, in place of the one that it may have."""

from datetime import UTC, datetime
from uuid import UUID

from import_svc.domain.leads import Lead
from import_svc.domain.resumes import KeptResume, Resume
from import_svc.storage.leads import LeadStore
from import_svc.storage.resumes import ResumeStore
from import_svc.usecases.announcers import ChangeAnnouncer
from import_svc.usecases.delete_files import DeleteFiles
from import_svc.usecases.keep_resume import KeepResume
from import_svc.usecases.patience import again_if_rolled_back
from import_svc.usecases.stored_lead import (
    LeadNotFoundError,
    require_version,
)
from leadwire.db import Database


class ReplaceResume:
    """Replaces the resumes of single leads.

    Args:
        database: The service's database.
        leads: Where leads are stored.
        resumes: Where resumes are noted.
        keep_resume: Stores their files.
        delete_files: Deletes the files that they replace.
        announcer: Announces the change.
    """

    def __init__(
        self,
        *,
        database: Database,
        leads: LeadStore,
        resumes: ResumeStore,
        keep_resume: KeepResume,
        delete_files: DeleteFiles,
        announcer: ChangeAnnouncer,
    ) -> None:
        self._database = database
        self._leads = leads
        self._resumes = resumes
        self._keep_resume = keep_resume
        self._delete_files = delete_files
        self._announcer = announcer

    async def __call__(
        self, lead_id: UUID, resume: Resume, *, versions: frozenset[str] | None
    ) -> Lead:
        """Replace a lead's resume, and return the lead as it is now.

        The resume that it has already changes nothing, whatever `versions` says: it is what a
        client sends that repeats a request whose answer was lost.

        Args:
            lead_id: The lead.
            resume: The new resume.
            versions: Tags of which one must be the lead's; None if any will do.

        Raises:
            LeadNotFoundError: There is no such lead.
            StaleLeadError: The lead is not at one of these versions.
            ResumeTooLateError: It took too long to store the resume.
            FileStoreError: The resume cannot be stored.
        """
        async with self._keep_resume(resume) as kept:
            lead = await again_if_rolled_back(lambda: self._replace(lead_id, kept, versions))
        self._delete_files.hasten()
        return lead

    async def _replace(
        self, lead_id: UUID, kept: KeptResume, versions: frozenset[str] | None
    ) -> Lead:
        async with self._database.transaction() as connection:
            before = await self._leads.lock(connection, lead_id)
            if before is None:
                raise LeadNotFoundError(lead_id)
            if await self._resumes.has(connection, lead_id, digest=kept.digest):
                return before
            require_version(before, versions)
            await self._resumes.put(connection, lead_id, kept)
            after = before._replace(
                has_resume=True,
                updated_at=max(datetime.now(UTC), before.updated_at),
                rev=before.rev + 1,
            )
            await self._leads.update(connection, after)
            await self._announcer.updated(connection, [after])
        return after
