"""Read a lead's resume."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog

from import_svc.domain.resumes import KeptFile, ResumeLink
from import_svc.storage.file_errors import FileNotThereError
from import_svc.storage.files import FileStore, StoredFile
from import_svc.storage.resumes import ResumeOfLead, ResumeStore
from import_svc.usecases.stored_lead import LeadNotFoundError
from leadwire.db import Database

log = structlog.get_logger(__name__)

_ATTEMPTS: Final = 3


class ResumeNotFoundError(Exception):
    """The lead has no resume."""

    code: Final = "resume_not_found"

    def __init__(self) -> None:
        super().__init__("The lead has no resume.")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLink:
    """A resume that is elsewhere.

    Attributes:
        tag: The version of the lead, which changes with its resume.
    """

    tag: str
    link: ResumeLink


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFile:
    """A resume to download.

    Attributes:
        tag: The version of the lead, which changes with its resume.
        file: What is known of it.
        stored: Its content.
    """

    tag: str
    file: KeptFile
    stored: StoredFile


class ReadResume:
    """Reads resumes.

    Args:
        database: The service's database.
        resumes: Where resumes are noted.
        files: Where their files are.
    """

    def __init__(self, *, database: Database, resumes: ResumeStore, files: FileStore) -> None:
        self._database = database
        self._resumes = resumes
        self._files = files

    @asynccontextmanager
    async def __call__(self, lead_id: UUID) -> AsyncIterator[OpenLink | OpenFile]:
        """Open a lead's resume.

        Raises:
            LeadNotFoundError: There is no such lead.
            ResumeNotFoundError: It has no resume.
            FilesUnavailableError: The store of files does not answer.
        """
        async with AsyncExitStack() as stack:
            yield await self._open(lead_id, stack)

    async def _open(self, lead_id: UUID, stack: AsyncExitStack) -> OpenLink | OpenFile:
        for _ in range(_ATTEMPTS):
            found = await self._find(lead_id)
            if found.resume is None:
                raise ResumeNotFoundError
            place = found.resume.place
            if isinstance(place, ResumeLink):
                return OpenLink(tag=found.tag, link=place)
            try:
                stored = await stack.enter_async_context(self._files.open(place.key))
            except FileNotThereError:
                continue  # it was replaced or erased since
            return OpenFile(tag=found.tag, file=place, stored=stored)
        log.error("resume_file_missing", lead_id=str(lead_id))
        raise ResumeNotFoundError

    async def _find(self, lead_id: UUID) -> ResumeOfLead:
        async with self._database.connection() as connection:
            found = await self._resumes.of_lead(connection, lead_id)
        if found is None:
            raise LeadNotFoundError(lead_id)
        return found
