"""Write emails as .eml files: for machines without a mail server, and for tests."""

import asyncio
import os
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from notifier_svc.mail.errors import EmailNotSentError
from notifier_svc.mail.message import compose
from notifier_svc.mail.outgoing import OutgoingEmail


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
        """Delete the files that are older."""
        return await asyncio.to_thread(
            self._delete_before, time.time() - older_than.total_seconds()
        )

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

    def _delete_before(self, moment: float) -> int:
        deleted = 0
        for path in self._directory.glob("*.eml"):
            if path.stat().st_mtime < moment:
                path.unlink(missing_ok=True)
                deleted += 1
        return deleted
