"""A lead's resume: a document, or a link to one that is elsewhere and never fetched."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from import_svc.domain.resume_types import ACCEPTED, type_of

MAX_URL_LENGTH: Final = 2_048
MAX_NAME_LENGTH: Final = 150

_DEFAULT_NAME: Final = "resume"
_LINK: Final = re.compile(r"https?://[^\s\x00-\x1f\x7f]+", re.IGNORECASE)
# Separators of paths, and what Windows does not take in a name.
_FORBIDDEN: Final = re.compile(r'[/\\:*?"<>|]')
_SUFFIXES: Final = frozenset(each.suffix for each in ACCEPTED)


class ResumeTypeError(Exception):
    """A resume's content is no PDF, DOC, DOCX, ODT or TXT."""

    code: Final = "resume_type_not_supported"

    def __init__(self) -> None:
        kinds = [each.suffix.removeprefix(".").upper() for each in ACCEPTED]
        super().__init__(
            f"The resume is none of {', '.join(kinds)}, whatever its name says. Not taken are, for "
            "example, an empty file, a template, DOCM, RTF, and a DOCX that needs a password."
        )
        self.extra = {"accepted": [each.media_type for each in ACCEPTED]}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeLink:
    """A resume that is elsewhere.

    Attributes:
        url: An http or https URL.
    """

    url: str

    @property
    def digest(self) -> bytes:
        """What another resume shares only if it is the same."""
        return hashlib.sha256(self.url.encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeFile:
    """A resume that is here.

    Attributes:
        media_type: Of the content; a text's has its character set.
        name: For whoever downloads it; safe, and with the suffix of its type.
        digest: What another resume shares only if it is the same.
    """

    content: bytes
    media_type: str
    name: str
    digest: bytes


Resume = ResumeLink | ResumeFile


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """Where a resume's content is, and what is known of it.

    Attributes:
        key: Its name in the store of files.
        size: In bytes.
    """

    key: str
    media_type: str
    size: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptResume:
    """A resume as it is stored: a link, or where the file is.

    Attributes:
        digest: Of the resume.
    """

    digest: bytes
    place: ResumeLink | KeptFile


def resume_of_text(text: str) -> Resume | None:
    """Return what a text field says: a link if it is an http(s) URL; None if it is blank.

    Raises:
        ResumeTypeError: It is no plain text.
    """
    stripped = text.strip()
    if not stripped:
        return None
    if _is_link(stripped):
        return ResumeLink(url=stripped)
    return resume_of_file(text.encode(), name=None)


def resume_of_file(content: bytes, *, name: str | None) -> ResumeFile:
    """Return a document.

    Args:
        content: The file; judged by it alone.
        name: What its sender calls it, if he does.

    Raises:
        ResumeTypeError: It is none of the accepted kinds.
    """
    found = type_of(content)
    if found is None:
        raise ResumeTypeError
    safe_name = f"{_stem(name or '')}{found.suffix}"
    digest = hashlib.sha256(safe_name.encode() + b"\n" + content).digest()
    return ResumeFile(content=content, media_type=found.media_type, name=safe_name, digest=digest)


def _is_link(text: str) -> bool:
    if len(text) > MAX_URL_LENGTH or not _LINK.fullmatch(text):
        return False
    try:
        return bool(urlsplit(text).hostname)
    except ValueError:
        return False


def _stem(name: str) -> str:
    """Return a name without its suffix, safe on every file system and in every terminal."""
    last = re.split(r"[/\\]", name)[-1]
    # Controls, and what turns the direction of text, so that a name seems to end otherwise.
    visible = "".join(c for c in last if unicodedata.category(c)[0] != "C")
    safe = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", visible)).strip(" .")
    stem, _, suffix = safe.rpartition(".")
    if stem and f".{suffix.lower()}" in _SUFFIXES:
        safe = stem
    return safe[:MAX_NAME_LENGTH].strip(" .") or _DEFAULT_NAME
