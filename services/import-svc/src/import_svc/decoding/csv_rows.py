"""CSV as found in the wild: a header line, then rows.

Comma, semicolon, tab or pipe; quoted newlines; UTF-8, UTF-16 or UTF-32 by byte order mark.
What is said or taken to be UTF-8 and is not, byte for byte, is Windows-1252: hardly any text
of that set happens to be UTF-8. A row that is ragged or wrongly quoted fails alone.
"""

import codecs
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from import_svc.decoding.columns import NO_MAP
from import_svc.decoding.csv_header import Header, read_header, without_what_is_passed_over
from import_svc.decoding.csv_lines import LineSplitter
from import_svc.decoding.csv_records import BrokenRecord, RecordReader
from import_svc.decoding.errors import UnreadableInputError
from import_svc.domain.formulas import as_it_was
from import_svc.domain.reasons import Code
from import_svc.domain.rows import MAX_ROW_BYTES, RawRow, RowDefect, raw_row

# UTF-32's first: its little-endian mark begins with that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LONGEST_MARK: Final = 4

_TAKEN_FOR_CSV: Final = MappingProxyType(
    {
        b"PK\x03\x04": "a workbook such as .xlsx, or another archive: save it as CSV",
        b"\xd0\xcf\x11\xe0": "a workbook such as .xls: save it as CSV",
        b"\x1f\x8b": "packed: send it with Content-Encoding: gzip",
    }
)
"""What is sent for CSV by mistake, by what it begins with."""

_SAMPLE: Final = 1_024
_AS_WINDOWS_1252: Final = "leadwire-as-windows-1252"


class CsvDecoder:
    """Decodes `text/csv`.

    Args:
        encoding: Character set; a byte order mark overrules it. Bytes that are no text become
            U+FFFD, with which no name is valid.
        mapped: Header by field, where the sender said so.
    """

    def __init__(self, *, encoding: str = "utf-8", mapped: Mapping[str, str] = NO_MAP) -> None:
        self._encoding = encoding
        self._mapped = mapped
        self._text: codecs.IncrementalDecoder | None = None
        self._first_bytes = b""
        self._splitter = LineSplitter(max_length=MAX_ROW_BYTES)
        self._lines: list[str] = []
        self._table: _Table | None = None
        self._has_apostrophes = False

    def feed(self, block: bytes) -> list[RawRow]:
        """Take the next block; return the rows that ended in it.

        Raises:
            UnreadableInputError: The columns cannot be recognised.
        """
        return self._take(self._decode(block, final=False), final=False)

    def finish(self) -> list[RawRow]:
        """Return the rows that the end of the input completes.

        Raises:
            UnreadableInputError: There was no header, or its columns cannot be recognised.
        """
        rows = self._take(self._decode(b"", final=True), final=True)
        if self._table is None:
            raise UnreadableInputError(
                code="columns_not_recognised", detail="the file has no header line"
            )
        return rows

    def _decode(self, block: bytes, *, final: bool) -> str:
        if self._text is None:
            block = self._first_bytes + block
            if len(block) < _LONGEST_MARK and not final:
                self._first_bytes = block
                return ""
            _insist_on_text(block)
            self._text = _text_decoder(block, self._encoding)
        return self._text.decode(block, final)

    def _take(self, text: str, *, final: bool) -> list[RawRow]:
        lines = self._splitter.feed(text, final=final)
        if self._table is None:
            # What stands before the header is not kept: there may be any number of blank lines.
            lines = without_what_is_passed_over(self._lines + lines)
            header = read_header(lines, final=final, mapped=self._mapped)
            if header is None:
                self._lines = lines
                return []
            self._table = _Table(header)
            lines, self._lines = lines[header.lines :], []
        rows = self._table.rows(lines, final=final)
        self._has_apostrophes = self._has_apostrophes or "'" in text
        return list(map(_as_it_was, rows)) if self._has_apostrophes else rows


class _Table:
    """Turns the lines below a header into rows."""

    def __init__(self, header: Header) -> None:
        self._records = RecordReader(delimiter=header.delimiter, width=header.width)
        self._width = header.width
        # `read_header` gives no header without all four.
        self._positions = [p for p in header.columns.positions if p is not None]
        self._others = header.columns.others

    def rows(self, lines: list[str], *, final: bool) -> list[RawRow]:
        records = self._records.feed(lines, final=final)
        name, family_name, email, cellphone = self._positions
        width, others = self._width, self._others
        return [
            raw_row(
                (
                    record[name],
                    record[family_name],
                    record[email],
                    record[cellphone],
                    {title: text for n, title in others if (text := record[n])} if others else None,
                    None,
                )
            )
            if type(record) is list and len(record) == width
            else self._defective(record)
            for record in records
        ]

    def _defective(self, record: list[str] | BrokenRecord) -> RawRow:
        if isinstance(record, BrokenRecord):
            defect, columns = record
        else:
            defect, columns = self._ragged(len(record)), record
        name, family_name, email, cellphone = (
            columns[n] if n < len(columns) else None for n in self._positions
        )
        return RawRow(name, family_name, email, cellphone, defect=defect)

    def _ragged(self, found: int) -> RowDefect:
        return RowDefect(
            Code.ROW_MALFORMED,
            f"the row has {found} columns where the header has {self._width}",
        )


def _insist_on_text(first_bytes: bytes) -> None:
    for beginning, what in _TAKEN_FOR_CSV.items():
        if first_bytes.startswith(beginning):
            raise UnreadableInputError(
                code="columns_not_recognised", detail=f"the file is not CSV, but {what}"
            )


def _as_it_was(row: RawRow) -> RawRow:
    name, family_name, email, cellphone = (
        as_it_was(value) if isinstance(value, str) else value for value in row[:4]
    )
    return RawRow(name, family_name, email, cellphone, row.attributes, row.defect)


def _text_decoder(first_bytes: bytes, encoding: str) -> codecs.IncrementalDecoder:
    for mark, marked in _MARKS:
        if first_bytes.startswith(mark):
            return codecs.getincrementaldecoder(marked)("replace")
    if encoding in {"utf-8", "utf-16"}:
        # Files say of themselves what they are not, and Python insists on UTF-16's mark.
        encoding = _utf16_without_mark(first_bytes) or "utf-8"
    if encoding == "utf-8":
        # Takes a byte order mark away.
        return codecs.getincrementaldecoder("utf-8-sig")(_AS_WINDOWS_1252)
    return codecs.getincrementaldecoder(encoding)("replace")


def _utf16_without_mark(first_bytes: bytes) -> str | None:
    """Recognise UTF-16 by the NULs that every other byte of a header in it is."""
    sample = first_bytes[:_SAMPLE]
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        every_other = sample[offset::2]
        if every_other.count(0) > len(every_other) // 2:
            return encoding
    return None


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(_AS_WINDOWS_1252, _as_windows_1252)
