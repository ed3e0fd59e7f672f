"""Resumes: files, text, or links to them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """A resume as a file.

    Attributes:
        name: Of the file, for those who save it. Who sent it chose it: it may hold anything.
        content: At most some megabytes.
        media_type: As the server found it in the content; of no matter when it is sent.
    """

    name: str
    content: bytes = field(repr=False)
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeLink:
    """A resume that is elsewhere."""

    url: str


NewResume: TypeAlias = Resume | Path | str
"""A file, or the path of one; or else text, or a link."""
