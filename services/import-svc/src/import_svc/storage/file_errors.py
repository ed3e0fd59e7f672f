"""What the file store can raise, and what its library's errors mean.

The library's messages bear addresses, which may hold a signature, and whatever a server said.
So nobody gets to see them: an error says which status or system error there was, no more.
"""

import os
import re
from typing import Final

from obstore.exceptions import AlreadyExistsError, BaseError

_SYSTEM_ERROR: Final = re.compile(r"\(os error (\d+)\)")
_HTTP_STATUS: Final = re.compile(r"status code: (\d{3}(?: [A-Za-z]+)*)")

# ENOSPC, EDQUOT, EFBIG: no room on the disk, in the quota, under the limit of a file's size.
_FULL: Final = frozenset({28, 122, 27})


class FileStoreError(Exception):
    """The file store did not do what was asked of it."""


class FilesNotUsableError(FileStoreError):
    """The place that the settings name cannot be written to."""

    def __init__(self, error: FileStoreError) -> None:
        super().__init__(f"IMPORT_FILES_URL names a place that cannot be written to: {error}")


class FilesUnavailableError(FileStoreError):
    """The store of files does not answer, or refuses this service; nothing was stored."""

    code: Final = "files_unavailable"

    def __init__(self, why: str) -> None:
        super().__init__(f"The store of files cannot be used now ({why}); try again later.")


class FilesFullError(FileStoreError):
    """The store of files has no room; nothing was stored."""

    code: Final = "files_full"

    def __init__(self, why: str) -> None:
        super().__init__(f"The store of files has no room for this ({why}); nothing was stored.")


class FileTooLargeError(FileStoreError):
    """The file has more bytes than are taken; nothing was stored."""

    code: Final = "body_too_large"  # as of a body that is refused before it is read

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"A file has at most {max_bytes} bytes here; nothing was stored.")


class FileNotThereError(FileStoreError):
    """There is no such file."""

    def __init__(self) -> None:
        super().__init__("There is no such file.")


class FileTakenError(FileStoreError):
    """There is a file of this name already, which stays as it is."""


def meaning_of(error: BaseError | OSError) -> FileStoreError:
    """Return our own error for one of the library's."""
    if isinstance(error, AlreadyExistsError):
        return FileTakenError("there is a file of this name")
    text = str(error)
    if isinstance(error, FileNotFoundError) and "NoSuchBucket" not in text:
        return FileNotThereError()
    system = _SYSTEM_ERROR.search(text)
    number = int(system[1]) if system else getattr(error, "errno", None)
    if number is not None:
        why = os.strerror(number)
        return FilesFullError(why) if number in _FULL else FilesUnavailableError(why)
    return FilesUnavailableError(_why(error, text))


def _why(error: BaseError | OSError, text: str) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    status = _HTTP_STATUS.search(text)
    return f"it says {status[1]}" if status else type(error).__name__
