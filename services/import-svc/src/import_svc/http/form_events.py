"""Take a multipart form apart, as it comes."""

import re
from collections.abc import AsyncGenerator
from typing import Final, TypeAlias
from urllib.parse import unquote

# The library is annotated, but does not say so.
import multipart  # type: ignore[import-untyped]

from import_svc.decoding import UnreadableInputError

MULTIPART: Final = "multipart/form-data"

FormEvents: TypeAlias = AsyncGenerator[multipart.MultipartSegment | bytes | None]
"""The head of a part, pieces of its content, and None at its end; then the next part."""

_MAX_SEGMENTS: Final = 100
# Not of RFC 7578, but what some HTTP libraries write if a name is not ASCII, and only then.
_EXTENDED_NAME: Final = re.compile(
    r";\s*filename\*=(?P<charset>utf-8|iso-8859-1)'[^']*'(?P<name>[^;\s]+)", re.IGNORECASE
)


async def form_events(pieces: AsyncGenerator[bytes], *, content_type: str) -> FormEvents:
    """Yield what comes in a form.

    Args:
        pieces: The request's body.
        content_type: Its `Content-Type`, with its parameters.

    Raises:
        UnreadableInputError: The form is broken.
    """
    _, options = multipart.parse_options_header(content_type)
    try:
        parser = multipart.PushMultipartParser(
            options.get("boundary", ""), max_segment_count=_MAX_SEGMENTS, strict=True
        )
        async for piece in pieces:
            for event in parser.parse(piece):
                if isinstance(event, multipart.MultipartSegment) and event.filename is None:
                    event.filename = _extended_name(event.header("Content-Disposition", ""))
                yield event
        parser.close()
    except (multipart.MultipartError, ValueError) as error:
        raise broken_form(str(error)) from None


def _extended_name(disposition: str) -> str | None:
    found = _EXTENDED_NAME.search(disposition)
    return found and unquote(found["name"], encoding=found["charset"], errors="replace")


def broken_form(why: str) -> UnreadableInputError:
    """The error of a form that cannot be read."""
    return UnreadableInputError(code="malformed_form", detail=f"the form cannot be read: {why}")
