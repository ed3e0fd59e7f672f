"""Tell what kind of document a file is, by its content alone: name and declared type may lie.

Only what the form accepts is told apart; everything else is None. Containers are judged by what
makes them what they are: a DOCX by the type that it declares for its main part, an ODT by its
`mimetype`, a DOC by its `WordDocument` stream. Nothing is unpacked but these two small members
of a ZIP file, and of them no more than `_MEMBER_BYTES`.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from types import MappingProxyType
from typing import Final, NamedTuple

from import_svc.domain import compound_files


class ResumeType(NamedTuple):
    """A kind of document.

    Attributes:
        media_type: As a download names it.
        suffix: Of its file name.
    """

    media_type: str
    suffix: str


PDF: Final = ResumeType("application/pdf", ".pdf")
DOC: Final = ResumeType("application/msword", ".doc")
DOCX: Final = ResumeType(
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"
)
ODT: Final = ResumeType("application/vnd.oasis.opendocument.text", ".odt")
TXT: Final = ResumeType("text/plain", ".txt")

ACCEPTED: Final = (PDF, DOC, DOCX, ODT, TXT)

_PDF_HEADER: Final = re.compile(rb"%PDF-[12]\.[0-9]")
# What readers of PDF allow before the header, which real files have there: blank lines, a byte
# order mark, a printer's preamble. Markup is none of it, as a browser might take it for a page.
_PDF_HEADER_WITHIN: Final = 1024

_ZIP: Final = b"PK\x03\x04"
_ZIP_ENTRY: Final = b"PK\x01\x02"
_MOST_ENTRIES: Final = 5_000
_MEMBER_BYTES: Final = 256 * 1024
_DOCX_MAIN_PART: Final = f"{DOCX.media_type}.main+xml".encode()
_BROKEN_ZIP: Final = (
    zipfile.BadZipFile, zlib.error, struct.error, KeyError, EOFError, NotImplementedError,
    RuntimeError, OverflowError, ValueError, OSError,
)  # fmt: skip

# What a program would run or show instead of reading it: markup, scripts, RTF, PostScript.
_NOT_PLAIN: Final = ("<", "#!", "{\\rtf", "%!", "%PDF")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufffe\uffff]")
_BYTE_ORDER_MARKS: Final = MappingProxyType(
    {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
)


def type_of(content: bytes) -> ResumeType | None:
    """Return the kind of a document; None if it is none that is accepted.

    A text's media type names its character set: UTF-8, UTF-16 by its byte order mark, or else
    Windows-1252.
    """
    for recognise in _RECOGNISERS:
        if (found := recognise(content)) is not None:
            return found
    return None


def _as_pdf(content: bytes) -> ResumeType | None:
    header = _PDF_HEADER.search(content, 0, _PDF_HEADER_WITHIN)
    if header is None:
        return None
    before = content[: header.start()]
    is_another = before.startswith((_ZIP, compound_files.SIGNATURE)) or b"<" in before
    return None if is_another else PDF


def _as_doc(content: bytes) -> ResumeType | None:
    return DOC if "WordDocument" in compound_files.root_streams(content) else None


def _as_zipped(content: bytes) -> ResumeType | None:
    # Each entry takes memory to read, and has this mark, so that they are counted beforehand.
    if not content.startswith(_ZIP) or content.count(_ZIP_ENTRY) > _MOST_ENTRIES:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if _member(archive, "mimetype").strip() == ODT.media_type.encode():
                return ODT
            is_docx = _DOCX_MAIN_PART in _member(archive, "[Content_Types].xml")
    except _BROKEN_ZIP:
        return None
    return DOCX if is_docx else None


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return the beginning of a member; empty if there is none."""
    if name not in archive.namelist():
        return b""
    # Others are no part of either format, and one of them names its own memory.
    if archive.getinfo(name).compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return b""
    with archive.open(name) as member:
        return member.read(_MEMBER_BYTES)


def _as_text(content: bytes) -> ResumeType | None:
    for charset in _charsets(content):
        try:
            text = content.decode(charset)
        except UnicodeDecodeError:
            continue
        begins = text.lstrip("\ufeff \t\r\n\f")
        if not begins or _CONTROLS.search(text) or begins.startswith(_NOT_PLAIN):
            return None
        return TXT._replace(media_type=f"{TXT.media_type}; charset={charset}")
    return None


def _charsets(content: bytes) -> tuple[str, ...]:
    for mark, charset in _BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return (charset,)
    return ("utf-8", "windows-1252")


_RECOGNISERS: Final[tuple[Callable[[bytes], ResumeType | None], ...]] = (
    _as_pdf,
    _as_doc,
    _as_zipped,
    _as_text,
)
