"""Write emails as .eml files: for machines without a mail server, and for tests."""

import asyncio
import contextlib
import os
import re
import tempfile
import time
from collections.abc import Set as AbstractSet
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog

from notifier_svc.mail.errors import EmailNotSentError
from notifier_svc.mail.message import compose
from notifier_svc.mail.outgoing import OutgoingEmail

log = structlog.get_logger(__name__)

_LEAD_IN_NAME: Final = re.compile(r"\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.\w+\.eml$")

_NO_LONGER_WRITTEN: Final = timedelta(hours=1)
"""Age at which a half-written file has no writer any more: an attempt takes minutes at most."""


class FileTransport:
    """One file per email, named by the email's key, so that a repetition overwrites.

    Args:
        directory: Where the files go; it is made if it is not there.
    """

    def __init__(self, *, directory: str | Path) -> None:
        self._directory = Path(directory)

    async def send(self, email: OutgoingEmail) -> None:
        """Write the file under another name and rename it: readers see all of it or nothing.

        Raises:
            EmailNotSentError: The email or the file could not be written.
        """
        content = compose(email)
        try:
            await asyncio.to_thread(self._write, f"{email.key}.eml", content)
        except OSError as error:
            raise EmailNotSentError(_name(error)) from error

    async def forget(self, *, older_than: timedelta) -> int:
        """Delete the files that are older, and what a crash left half-written."""
        return await asyncio.to_thread(self._delete_old, older_than)

    async def kept_leads(self) -> AbstractSet[UUID]:
        """Return the leads of which there are files."""
        return {lead_id for _, lead_id in await asyncio.to_thread(self._emails)}

    async def forget_leads(self, lead_ids: AbstractSet[UUID]) -> None:
        """Delete all files about these leads; one that stays is logged."""
        await asyncio.to_thread(self._delete_about, lead_ids)

    def _delete_about(self, lead_ids: AbstractSet[UUID]) -> None:
        for path, lead_id in self._emails():
            if lead_id in lead_ids:
                try:
                    path.unlink(missing_ok=True)
                except OSError as error:
                    log.error("email_not_forgotten", lead_id=str(lead_id), error=_name(error))

    def _emails(self) -> list[tuple[Path, UUID]]:
        """Return the files with their leads, whose ids stand in their names."""
        return [
            (path, UUID(found.group(1)))
            for path in self._directory.glob("*.eml")
            if (found := _LEAD_IN_NAME.search(path.name))
        ]

    def _write(self, name: str, content: bytes) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=self._directory, suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self._directory / name)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def _delete_old(self, older_than: timedelta) -> int:
        self._delete("*.part", older_than=_NO_LONGER_WRITTEN)
        return self._delete("*.eml", older_than=older_than)

    def _delete(self, pattern: str, *, older_than: timedelta) -> int:
        moment = time.time() - older_than.total_seconds()
        deleted = 0
        for path in self._directory.glob(pattern):
            # Another replica may have renamed or deleted it meanwhile.
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < moment:
                    path.unlink()
                    deleted += 1
        return deleted


def _name(error: OSError) -> str:
    return f"{type(error).__name__}: {error.strerror}"
