"""Which store of files an address means."""

from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

SCHEMES: Final = ("file", "s3", "gs", "az")

_PRIVATE: Final = 0o700
_RETRIES: Final = 3
_TRY_FOR: Final = timedelta(seconds=20)
_CONNECT_WITHIN: Final = timedelta(seconds=5)
_REQUEST_WITHIN: Final = timedelta(seconds=15)


class FilesAddressError(ValueError):
    """It is no address of a store of files; the message does not quote it."""


def check_files_url(url: str) -> None:
    """Insist on an address that a store could be reached by; nothing is made or asked.

    Raises:
        FilesAddressError: It is not one.
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise FilesAddressError("it must begin with file://, s3://, gs:// or az://")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise FilesAddressError(
            "it must name a place only; credentials are taken from the provider's own variables"
        )
    if parts.scheme == "file":
        if not url.startswith("file:///") or parts.path == "/":
            raise FilesAddressError("it must name a directory, as in file:///var/lib/leadwire")
        return
    _remote(url)


def directory_of(url: str) -> Path | None:
    """Return the directory that an address means; None if it means no file system."""
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def store_at(url: str) -> ObjectStore:
    """Return the store at an address, making its directory if it is one on the file system.

    Raises:
        FilesAddressError: It is no address of a store.
        OSError: The directory cannot be made.
    """
    directory = directory_of(url)
    if directory is None:
        return _remote(url)
    if not directory.exists():
        directory.mkdir(mode=_PRIVATE, parents=True)
    return LocalStore(directory)


def _remote(url: str) -> ObjectStore:
    try:
        return from_url(
            url,
            client_options={
                "connect_timeout": _CONNECT_WITHIN,
                "timeout": _REQUEST_WITHIN,
                "allow_http": True,  # whoever names an endpoint says which it is
            },
            retry_config={"max_retries": _RETRIES, "retry_timeout": _TRY_FOR},
        )
    except (BaseError, ValueError):
        raise FilesAddressError(
            "it names no bucket, or what the provider's own variables (AWS_..., GOOGLE_..., "
            "AZURE_...) say of it is missing or wrong"
        ) from None
