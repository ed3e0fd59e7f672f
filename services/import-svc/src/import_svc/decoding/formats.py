"""Choose the decoder for a content type."""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
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

_UTF_8: Final = frozenset({"utf-8", "ascii"})
# By the names that the codec registry gives them.
_CHARSETS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        JSON: _UTF_8,
        NDJSON: _UTF_8,
        CSV: _UTF_8 | {"utf-16", "utf-16-le", "utf-16-be", "cp1252", "iso8859-1", "iso8859-15"},
    }
)


@dataclass(frozen=True, slots=True)
class InputFormat:
    """How an input is to be read.

    Attributes:
        media_type: One of `MEDIA_TYPES`.
        encoding: Python's name of the character set.
        mapped: Header, or key, by field, where the sender said so.
    """

    media_type: str
    encoding: str
    mapped: Mapping[str, str]

    @classmethod
    def of(
        cls, media_type: str, charset: str | None, mapped: Mapping[str, str] = NO_MAP
    ) -> "InputFormat":
        """Find the format for a content type.

        Args:
            media_type: Without parameters, in lower case.
            charset: The content type's `charset` parameter, if it has one.
            mapped: Header, or key, by field, where the sender said so.

        Raises:
            UnsupportedFormatError: There is no decoder for it.
        """
        encoding = _encoding(charset)
        if media_type not in _CHARSETS:
            raise UnsupportedFormatError(
                code="unsupported_media_type",
                detail=f"send one of these content types: {', '.join(MEDIA_TYPES)}",
            )
        if encoding not in _CHARSETS[media_type]:
            raise UnsupportedFormatError(
                code="unsupported_charset",
                detail="this character set cannot be read here; send UTF-8, which JSON always is",
            )
        # ASCII is UTF-8, and who calls it so is often wrong.
        return cls(media_type, "utf-8" if encoding == "ascii" else encoding, dict(mapped))

    def new_decoder(self) -> RowDecoder:
        """Return a decoder for one input."""
        if self.media_type == CSV:
            return CsvDecoder(encoding=self.encoding, mapped=self.mapped)
        if self.media_type == NDJSON:
            return NdjsonDecoder(self.mapped)
        return JsonDecoder(self.mapped)


def _encoding(charset: str | None) -> str:
    if charset is None:
        return "utf-8"
    try:
        return codecs.lookup(charset).name
    except (LookupError, ValueError):  # the latter for U+0000 in the name
        return ""
