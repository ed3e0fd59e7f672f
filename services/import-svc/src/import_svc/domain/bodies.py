"""The bodies of imports, as far as they must be known again."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What an import has done of its body.

    Attributes:
        size: In bytes, from the body's beginning.
        digest: SHA-256 of them.
    """

    size: int
    digest: bytes
