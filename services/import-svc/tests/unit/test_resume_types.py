"""What kind of document a file is: real ones as programs wrote them, and tricky ones."""

import io
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from import_svc.domain import compound_files, resume_types
from import_svc.domain.resume_types import DOC, DOCX, ODT, PDF, ResumeType, type_of

DOCUMENTS = Path(__file__).parent.parent / "documents"
BY_SUFFIX = {each.suffix: each for each in (PDF, DOC, DOCX, ODT)}
REAL = sorted(path for path in DOCUMENTS.iterdir() if path.suffix != ".md")

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
CONTENT_TYPES = f'<Types><Override PartName="/word/document.xml" ContentType="{WORD}"/></Types>'
OPEN_TEXT = "application/vnd.oasis.opendocument.text"


def document(name: str) -> bytes:
    return (DOCUMENTS / name).read_bytes()


def zipped(*members: tuple[str, str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_a_real_document_is_what_it_is_named(path: Path) -> None:
    assert type_of(path.read_bytes()) == BY_SUFFIX.get(path.suffix)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (zipped(("[Content_Types].xml", CONTENT_TYPES), ("word/document.xml", "<x/>")), DOCX),
        (zipped(("word/document2.xml", "<x/>"), ("[Content_Types].xml", CONTENT_TYPES)), DOCX),
        (zipped(("mimetype", OPEN_TEXT), ("content.xml", "<x/>")), ODT),
        (zipped(("content.xml", "<x/>"), ("mimetype", f"{OPEN_TEXT}\n")), ODT),
        (zipped(("mimetype", f"{OPEN_TEXT}-template")), None),
        (zipped(("readme.txt", "x")), None),
        (zipped(("word/readme.txt", "x"), ("word/document.xml", "<x/>")), None),
        (zipped(("[Content_Types].xml", "<Types/>"), ("word/document.xml", "<x/>")), None),
        (zipped(("[Content_Types].xml", CONTENT_TYPES), method=zipfile.ZIP_LZMA), None),
        (zipped(("META-INF/MANIFEST.MF", "x"), ("word/document.xml", "x")), None),
        (b"<html>" + zipped(("[Content_Types].xml", CONTENT_TYPES)), None),
        (zipped(("[Content_Types].xml", CONTENT_TYPES))[:-30], None),
        (b"PK\x03\x04", None),
    ],
    ids=[
        "docx",
        "docx with other names",
        "odt",
        "odt in another order",
        "odt template",
        "zip",
        "zip with a directory named word",
        "no declared type",
        "packed by a method that documents do not use",
        "jar",
        "page before it",
        "cut off",
        "signature alone",
    ],
)
def test_a_zip_file_is_what_its_members_declare(content: bytes, expected: ResumeType) -> None:
    assert type_of(content) == expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (b"", PDF),
        (b"\r\n\r\n", PDF),
        (b"\xef\xbb\xbf", PDF),
        (b"\x1b%-12345X@PJL JOB\r\n@PJL ENTER LANGUAGE=PDF\r\n", PDF),
        (b" " * 1024, None),
        (b"<script>alert(1)</script>", None),
        (zipped(("a.txt", "x")), None),
        (compound_files.SIGNATURE, None),
    ],
    ids=["nothing", "lines", "mark", "printer", "too much", "page", "zip", "compound file"],
)
def test_a_pdf_may_have_junk_before_it_but_no_other_document(
    before: bytes, expected: ResumeType
) -> None:
    assert type_of(before + document("plain.pdf")) == expected


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        (b"Ada Lovelace\r\nAnalyst", "utf-8"),
        ("Zoë, 工程师".encode(), "utf-8"),
        ("\ufeffZoë".encode(), "utf-8"),
        ("Zoë".encode("utf-16"), "utf-16"),
        ("Zoë, “engineer”".encode("windows-1252"), "windows-1252"),
        (b"I know <html>, <script> and %PDF- by heart.", "utf-8"),
        (b"PK and BM are my initials", "utf-8"),
    ],
)
def test_text_is_taken_with_its_character_set(content: bytes, charset: str) -> None:
    assert type_of(content) == ResumeType(f"text/plain; charset={charset}", ".txt")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" \r\n\t",
        b"  <!DOCTYPE html><html></html>",
        b"\xef\xbb\xbf<html></html>",
        "<svg onload='alert(1)'/>".encode("utf-16"),
        b'<?xml version="1.0"?><svg/>',
        b"<?php phpinfo();",
        b"#!/bin/sh\nrm -rf /",
        b"{\\rtf1\\ansi Ada}",
        b"%!PS-Adobe-3.0",
        b"text with a \x00 in it",
        b"text with an \x1b escape",
        b"\x7fELF\x02\x01\x01",
        b"MZ\x90\x00\x03",
        b"\x89PNG\r\n\x1a\n",
        b"\x81 is no letter in Windows-1252",
        b"\xff\xfeodd",
    ],
)
def test_what_is_not_plain_text_is_refused(content: bytes) -> None:
    assert type_of(content) is None


def test_what_a_document_unpacks_to_does_not_matter() -> None:
    padding = " " * 50_000_000
    bomb = zipped(("[Content_Types].xml", CONTENT_TYPES + padding), ("word/document.xml", padding))
    assert type_of(bomb) == DOCX
    late = zipped(("[Content_Types].xml", padding + CONTENT_TYPES))
    assert type_of(late) is None, "no more than its beginning is read"


def test_a_zip_file_of_very_many_members_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    many = zipped(
        ("[Content_Types].xml", CONTENT_TYPES),
        *((f"{number}", "") for number in range(resume_types._MOST_ENTRIES)),
    )
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert type_of(many) is None


def test_a_document_inside_of_another_says_nothing_of_its_host() -> None:
    content = bytearray(document("word.doc"))
    start = (int.from_bytes(content[48:52], "little") + 1) * 512
    root, last = start, content.index("CompObj".encode("utf-16-le")) - 2
    content[last + 66] = 1  # a storage, which has all that the root had
    content[last + 68 : last + 76] = b"\xff" * 8
    content[last + 76 : last + 80] = content[root + 76 : root + 80]
    content[root + 76 : root + 80] = ((last - root) // 128).to_bytes(4, "little")
    assert "WordDocument".encode("utf-16-le") in content
    assert list(compound_files.root_streams(bytes(content))) == []
    assert type_of(bytes(content)) is None


def compound(sectors: bytes, *, shift: int, directory: int = 0, difat: int = 0) -> bytes:
    """Make a Compound File whose header names sector 0 for each table."""
    header = bytearray(1 << shift)
    header[:8] = compound_files.SIGNATURE
    header[30:32] = shift.to_bytes(2, "little")
    header[48:52] = directory.to_bytes(4, "little")
    header[68:72] = difat.to_bytes(4, "little")
    return bytes(header) + sectors


def numbers(*each: int) -> bytes:
    return b"".join(number.to_bytes(4, "little") for number in each)


ENTRY_IN_CIRCLES = bytes(66) + b"\x02\x01" + numbers(0, 0, 0) + bytes(48)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("shift", [9, 12])
@pytest.mark.parametrize(
    "entry",
    [numbers(0) * 32, numbers(1, 2, 3, 0) * 8, ENTRY_IN_CIRCLES],
    ids=["one sector", "several sectors", "directory"],
)
def test_a_compound_file_that_leads_in_circles_ends(entry: bytes, shift: int) -> None:
    content = compound(entry * (64 * 1024 // len(entry)), shift=shift)
    assert len(list(compound_files.root_streams(content))) <= len(content) // len(entry)
    assert type_of(content) is None


def _one_after_the_other(shift: int) -> bytes:
    """Make a file whose every sector is in the directory's chain, and every entry in its tree."""
    per_sector, count = (1 << shift) // 4, SMALL >> shift
    tables = -(-count // per_sector)
    table = numbers(*range(1, tables * per_sector + 1))
    entries = b"".join(
        bytes(64) + b"\x40\x00\x02\x01" + numbers(2 * at, 2 * at + 1, 1) + bytes(48)
        for at in range((SMALL - len(table)) // 128)
    )
    content = bytearray(compound(table + entries, shift=shift, directory=tables, difat=2**32 - 2))
    content[76:512] = numbers(*range(tables), *[2**32 - 1] * (109 - tables))
    return bytes(content)


SMALL = 256 * 1024


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "content",
    [
        compound(numbers(0) * (SMALL // 4), shift=12),
        compound(numbers(0) * (SMALL // 4), shift=9),
        compound(numbers(*range(SMALL // 4)), shift=9),
        compound(numbers(*(at // 128 for at in range(SMALL // 4))), shift=9),
        compound(ENTRY_IN_CIRCLES * (SMALL // 128), shift=9),
        _one_after_the_other(9),
        _one_after_the_other(12),
    ],
    ids=[
        "large sectors",
        "small sectors",
        "all numbers",
        "each after itself",
        "directory in circles",
        "all in the tree, small sectors",
        "all in the tree, large sectors",
    ],
)
def test_a_compound_file_takes_no_more_memory_than_a_few_times_its_size(content: bytes) -> None:
    tracemalloc.start()
    try:
        type_of(content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * len(content)


@given(
    document=st.sampled_from([path.read_bytes() for path in REAL]),
    at=st.floats(0, 1),
    cut=st.booleans(),
    noise=st.binary(min_size=1, max_size=64),
)
def test_a_damaged_document_is_judged_without_fail(
    document: bytes, at: float, *, cut: bool, noise: bytes
) -> None:
    place = int(at * len(document))
    rest = b"" if cut else document[place + len(noise) :]
    found = type_of(document[:place] + noise + rest)
    assert found is None or found.suffix in {*BY_SUFFIX, ".txt"}
