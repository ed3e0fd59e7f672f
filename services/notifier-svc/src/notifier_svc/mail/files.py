"""Write emails as .eml files: for machines without a mail server, and for tests."""

import asyncio
import contextlib
import os
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

from notifier_svc.mail.errors import EmailNotSentError
from notifier_svc.mail.message import compose
from notifier_svc.mail.outgoing import OutgoingEmail

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
            raise EmailNotSentError(f"{type(error).__name__}: {error.strerror}") from error

    async def forget(self, *, older_than: timedelta) -> int:
        """Delete the files that are older, and what a crash left half-written."""
        return await asyncio.to_thread(self._delete_old, older_than)

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
