"""Resumes as rows: where each is, and which files nothing refers to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from import_svc.domain.resumes import KeptFile, KeptResume, ResumeLink
from import_svc.storage.errors import ResumeTooLateError
from leadwire.contracts.tags import contact_tag
from leadwire.db import Connection, Queries


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeOfLead:
    """What a lead has for a resume.

    Attributes:
        tag: The version of the lead.
        resume: None if it has none.
    """

    tag: str
    resume: KeptResume | None


class ResumeStore:
    """Reads and writes where resumes are, each call within the caller's transaction."""

    def __init__(self) -> None:
        self._queries = Queries("import_svc.storage")

    async def of_lead(self, connection: Connection, lead_id: UUID) -> ResumeOfLead | None:
        """Return what a lead has; None if there is no such lead."""
        record = await connection.fetchrow(self._queries["find_resume"], lead_id)
        if record is None:
            return None
        return ResumeOfLead(tag=contact_tag(record["rev"]), resume=_resume(record))

    async def has(self, connection: Connection, lead_id: UUID, *, digest: bytes) -> bool:
        """Tell whether a lead has this very resume."""
        query = self._queries["is_resume_of_lead"]
        return bool(await connection.fetchval(query, lead_id, digest))

    async def put(self, connection: Connection, lead_id: UUID, kept: KeptResume) -> None:
        """Give a lead, whose row is locked or new, a resume in place of the one that it has.

        Raises:
            ResumeTooLateError: The file was expected no longer, and is about to be deleted.
        """
        await self.doom(connection, lead_id)
        place = kept.place
        link = place if isinstance(place, ResumeLink) else None
        file = place if isinstance(place, KeptFile) else None
        if file is not None:
            found = await connection.fetchval(self._queries["refer_to_file"], file.key)
            if found is None:
                raise ResumeTooLateError
        await connection.execute(
            self._queries["put_resume"],
            lead_id,
            kept.digest,
            link and link.url,
            file and file.key,
            file and file.media_type,
            file and file.size,
            file and file.name,
        )

    async def doom(self, connection: Connection, lead_id: UUID) -> None:
        """Leave the file of a lead's resume, if there is one, to be deleted."""
        await connection.execute(self._queries["doom_resume_of_lead"], lead_id)


class UnreferencedFiles:
    """Reads and writes which files nothing refers to, each call in the caller's transaction."""

    def __init__(self) -> None:
        self._queries = Queries("import_svc.storage")

    async def expect(self, connection: Connection, key: str, *, within: timedelta) -> None:
        """Note a file that is about to be written, and must be referred to in that time."""
        await connection.execute(self._queries["expect_file"], key, within)

    async def doom(self, connection: Connection, key: str) -> bool:
        """Leave an expected file to be deleted; False if something refers to it."""
        for query in ("doom_file", "note_file_again"):
            if await connection.fetchval(self._queries[query], key) is not None:
                return True
        return False

    async def note_stray(
        self, connection: Connection, keys: Sequence[str], *, delete_after: datetime
    ) -> int:
        """Leave those files that are unknown to be deleted then; return how many they are."""
        query = self._queries["note_stray_files"]
        return len(await connection.fetch(query, keys, delete_after))

    async def claim(self, connection: Connection, *, limit: int) -> list[str]:
        """Return files to delete now, which nobody else is given for a while."""
        records = await connection.fetch(self._queries["claim_unreferenced_files"], limit)
        return [record["file_key"] for record in records]

    async def give_back(self, connection: Connection, keys: Sequence[str]) -> None:
        """Leave claimed files, which nobody tried to delete, to the next who claims some."""
        await connection.execute(self._queries["give_back_files"], keys)

    async def forget(self, connection: Connection, key: str) -> None:
        """Note that a file which was claimed a moment ago is gone."""
        await connection.execute(self._queries["forget_file"], key)


def _resume(record: asyncpg.Record) -> KeptResume | None:
    if record["digest"] is None:
        return None
    if record["url"] is not None:
        return KeptResume(digest=record["digest"], place=ResumeLink(url=record["url"]))
    file = KeptFile(
        key=record["file_key"],
        media_type=record["media_type"],
        size=record["size"],
        name=record["file_name"],
    )
    return KeptResume(digest=record["digest"], place=file)
