"""The body of an import that is worked off later."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBody:
    """A body in the file store, unpacked and without a form around it.

    Attributes:
        file: Its name there; of this body alone.
        size: In bytes.
        digest: SHA-256 of all of it.
    """

    file: str
    size: int
    digest: bytes
