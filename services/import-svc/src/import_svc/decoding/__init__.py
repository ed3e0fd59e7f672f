"""Take the bytes of an import apart into rows: CSV, NDJSON and JSON.

Every decoder is fed blocks of bytes and gives the rows that became whole; none does
I/O or keeps more than a block and one unfinished row. A row that cannot be read fails
alone, as a `RawRow` with a defect; only what makes the rest unreadable is an error.
"""

from import_svc.decoding.columns import FIELDS, as_written
from import_svc.decoding.decoder import RowDecoder
from import_svc.decoding.errors import (
    DecodingError,
    UnreadableInputError,
    UnsupportedFormatError,
    no_body,
)
from import_svc.decoding.formats import MEDIA_TYPES, InputFormat

__all__ = [
    "FIELDS",
    "MEDIA_TYPES",
    "DecodingError",
    "InputFormat",
    "RowDecoder",
    "UnreadableInputError",
    "UnsupportedFormatError",
    "as_written",
    "no_body",
]
