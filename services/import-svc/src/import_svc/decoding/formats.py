"""Choose the decoder for a content type."""

import codecs
from collections.abc import Mapping
from typing import Final

from import_svc.decoding.columns import NO_MAP
from import_svc.decoding.csv_rows import CsvDecoder
from import_svc.decoding.decoder import RowDecoder
from import_svc.decoding.errors import UnsupportedFormatError
from import_svc.decoding.json_rows import JsonDecoder
from import_svc.decoding.ndjson_rows import NdjsonDecoder

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"

MEDIA_TYPES: Final = (JSON, NDJSON, CSV)

# By the names that the codec registry gives them.
_CSV_CHARSETS: Final = frozenset(
    {"utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "iso8859-1", "iso8859-15", "ascii"}
)


def decoder_for(
    media_type: str, charset: str | None, mapped: Mapping[str, str] = NO_MAP
) -> RowDecoder:
    """Return a new decoder.

    Args:
        media_type: Without parameters, in lower case.
        charset: The content type's `charset` parameter, if it has one.
        mapped: Header, or key, by field, where the sender said so.

    Raises:
        UnsupportedFormatError: No decoder for it.
    """
    encoding = _encoding(charset)
    if media_type == CSV and encoding in _CSV_CHARSETS:
        return CsvDecoder(encoding="utf-8" if encoding == "ascii" else encoding, mapped=mapped)
    if media_type in {JSON, NDJSON} and encoding in {"utf-8", "ascii"}:
        return JsonDecoder(mapped) if media_type == JSON else NdjsonDecoder(mapped)
    if media_type in MEDIA_TYPES:
        raise UnsupportedFormatError(
            code="unsupported_charset",
            detail="this character set cannot be read here; send UTF-8, which JSON always is",
        )
    raise UnsupportedFormatError(
        code="unsupported_media_type",
        detail=f"send one of these content types: {', '.join(MEDIA_TYPES)}",
    )


def _encoding(charset: str | None) -> str:
    if charset is None:
        return "utf-8"
    try:
        return codecs.lookup(charset).name
    except LookupError:
        return ""
