"""Files that are read at start and again when they change; the last good state is kept."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final, Generic, TypeVar

import structlog

from leadwire.access.errors import AccessFileError

log = structlog.get_logger(__name__)

MOST_BYTES: Final = 16 * 1024**2

_OTHERS: Final = stat.S_IROTH | stat.S_IWOTH

T = TypeVar("T")

Signature = tuple[int, ...]


class WatchedFile(Generic[T]):
    """One such file.

    A file may be replaced as a whole, by `rename` or by a symbolic link that is turned, as
    Kubernetes does with Secrets.

    Args:
        path: Where it is.
        read: Makes its content; raises `ValueError`, without repeating it, if that is broken.
        is_secret: Tells whether others than owner and group must not read it.

    Raises:
        AccessFileError: It cannot be used.
    """

    def __init__(
        self, *, path: Path, read: Callable[[bytes], T], is_secret: Callable[[T], bool]
    ) -> None:
        self._path = path
        self._read = read
        self._is_secret = is_secret
        self._signature: Signature | None
        self.value, self._signature = self._load()
        self.broken = self._unread = False

    def look(self) -> bool:
        """Read it again if it has changed.

        Returns:
            Whether it had, for better or worse.
        """
        try:
            signature = _signature(self._path.stat())
        except OSError:
            signature = None
        if signature == self._signature:
            return False
        try:
            self.value, self._signature = self._load()
            self.broken = self._unread = False
            log.info("access_file_read", path=str(self._path))
        except AccessFileError as error:
            if error.was_read or not self._unread:
                log.error("access_file_refused", path=str(self._path), reason=error.reason)
            # What could not be read may be good: it is tried again until it was.
            self._signature = signature if error.was_read else None
            self.broken, self._unread = True, not error.was_read
        return True

    def _load(self) -> tuple[T, Signature]:
        try:
            # Not to wait for ever for a writer of a pipe.
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                status = os.fstat(descriptor)
                content = file.read(MOST_BYTES + 1) if stat.S_ISREG(status.st_mode) else b""
        except OSError as error:
            reason = f"it cannot be read: {error.strerror}"
            raise AccessFileError(self._path, reason, was_read=False) from None
        self._insist_on_plain(status, content)
        try:
            value = self._read(content)
        except ValueError as error:
            raise AccessFileError(self._path, f"it is broken: {error}") from None
        self._insist_on_private(status, value)
        return value, _signature(status)

    def _insist_on_plain(self, status: os.stat_result, content: bytes) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise AccessFileError(self._path, "it is no file")
        if len(content) > MOST_BYTES:
            raise AccessFileError(self._path, f"it has more than {MOST_BYTES} bytes")

    def _insist_on_private(self, status: os.stat_result, value: T) -> None:
        forbidden = _OTHERS if self._is_secret(value) else stat.S_IWOTH
        if status.st_mode & forbidden:
            raise AccessFileError(
                self._path,
                "everybody on the machine may read or write it; take that away with `chmod o-rw`",
            )


def _signature(status: os.stat_result) -> Signature:
    return (
        status.st_dev,
        status.st_ino,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_size,
        status.st_mode,
    )
