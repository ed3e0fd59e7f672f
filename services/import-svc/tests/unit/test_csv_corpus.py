"""A corpus of CSV files in every dialect: each is read as it was meant, without being told how."""

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from import_svc.decoding.csv_rows import CsvDecoder

DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252")
LINE_ENDS = ("\n", "\r\n", "\r")

Row = tuple[str, ...]

# What makes it hard to guess from what stands in a file, and easy from what its header means.
SHAPES: dict[str, tuple[Row, Sequence[Row]]] = {
    "plain": (
        ("First Name", "Last Name", "E-mail", "Phone"),
        [("Zoë", "Müller", "zoe@x.com", "+14155552671"), ("Ada", "L", "ada@x.com", "+4915112345")],
    ),
    "one row": (
        ("first_name", "Family", "Email 1", "Phone 1"),
        [("Zoë", "Müller", "zoe@x.com", "+14155552671")],
    ),
    "no row": (("Name", "Surname", "Mail", "Mobile"), []),
    "extra columns before": (
        ("Created, at", "Tags;more", "Name", "Family Name", "Email Address", "Cell Phone"),
        [("2026-01-02, 10:00", "a;b;c", "Zoë", "Müller", "zoe@x.com", "+14155552671")] * 3,
    ),
    "every delimiter in values": (
        ("Name", "Last Name", "Email", "Mobile", "Notes"),
        [("Zoë", "M,ü;l|l\tr", "zoe@x.com", "+1415;555", "one, two; three | four\tfive")] * 3,
    ),
    "quoted newlines": (
        ("Name", "Last Name", "Email", "Mobile", "Address"),
        [("Zoë", "Müller", "zoe@x.com", "+1415", "12, High Street\nLondon; UK\n\n| W1")] * 3,
    ),
    "quotes in quotes": (
        ("Name", "Last Name", "Email", "Mobile", "Notes"),
        [('Zoë "Zo" M', "O'Müller", "zoe@x.com", "+1415", '"""quoted", said "she"')] * 3,
    ),
    "decimal commas": (
        ("Name", "Last Name", "Email", "Mobile", "Value", "Share"),
        [("Zoë", "Müller", "zoe@x.com", "+1415", "1.234,50", "0,75")] * 5,
    ),
    "mostly empty": (
        ("Name", "Last Name", "Email", "Mobile", "A", "B", "C"),
        [("Zoë", "", "", "", "", "", ""), ("", "", "zoe@x.com", "", "", "", "")],
    ),
}


@dataclass(frozen=True, slots=True)
class File:
    """A file of the corpus, with how it was written."""

    shape: str
    delimiter: str
    encoding: str
    line_end: str
    quote_all: bool
    repeated: int = 1

    @property
    def rows(self) -> Sequence[Row]:
        # The csv module does not quote a line end that is not the file's own.
        rows = [
            tuple(value.replace("\n", self.line_end) for value in row)
            for row in SHAPES[self.shape][1]
        ]
        return rows * self.repeated

    @property
    def header(self) -> Row:
        return SHAPES[self.shape][0]

    def content(self) -> bytes:
        out = io.StringIO()
        writer = csv.writer(
            out,
            delimiter=self.delimiter,
            lineterminator=self.line_end,
            quoting=csv.QUOTE_ALL if self.quote_all else csv.QUOTE_MINIMAL,
        )
        writer.writerow(self.header)
        writer.writerows(self.rows)
        return out.getvalue().encode(self.encoding)


def corpus(*, repeated: int = 1) -> Iterator[File]:
    ways = itertools.product(SHAPES, DELIMITERS, ENCODINGS, LINE_ENDS, (False, True))
    for shape, delimiter, encoding, line_end, quote_all in ways:
        yield File(shape, delimiter, encoding, line_end, quote_all, repeated)


def fields_of(row: Row, header: Row) -> Row:
    """Pick the four fields by what the header means: they stand in this order in each shape."""
    begin = len(header) - 4 if header[0] == "Created, at" else 0
    return row[begin : begin + 4]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_file_in_any_dialect_is_read_as_it_was_meant(shape: str) -> None:
    files = [file for file in corpus() if file.shape == shape]
    assert len(files) == 144
    for file in files:
        decoder = CsvDecoder()
        rows = decoder.feed(file.content()) + decoder.finish()
        expected = [fields_of(row, file.header) for row in file.rows]
        assert [row[:4] for row in rows] == expected, file
        for row, given in zip(rows, file.rows, strict=True):
            extra = set(given) - set(fields_of(given, file.header))
            assert set((row.attributes or {}).values()) | {""} == extra | {""}, file
