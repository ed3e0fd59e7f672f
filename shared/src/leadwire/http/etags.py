"""`ETag` and `If-Match`: hold a write to the version that its author has read."""

import re
from typing import Final

from pydantic import BaseModel, Field

from leadwire.http.parsing import invalid_request

_TAGS: Final = re.compile(r'\s*(?:W/)?"[^"]*"\s*(?:,\s*(?:W/)?"[^"]*"\s*)*')
_TAG: Final = re.compile(r'(W/)?"([^"]*)"')


class Precondition(BaseModel):
    """The header by which a write is held to the version that its author has read."""

    if_match: str | None = Field(
        default=None,
        alias="If-Match",
        max_length=500,
        json_schema_extra={"pattern": rf"^\s*(\*|{_TAGS.pattern})\s*$"},
        description="ETag of the version to change, with its quotes; 412 if it is not current.",
    )


def versions_of(precondition: Precondition) -> frozenset[str] | None:
    """Return the tags of which the thing to change must have one; None if any will do.

    A weak tag never matches (RFC 9110, 13.1.1).

    Raises:
        Problem: 400 `invalid_request`: it is no list of quoted tags.
    """
    header = precondition.if_match
    if header is None or header.strip() == "*":
        return None
    if not _TAGS.fullmatch(header):
        message = (
            "Must be * or tags in quotes, as an ETag header or a lead's `tags` gave them, "
            'for example "contact-3"'
        )
        raise invalid_request(
            [{"in": "header", "path": "If-Match", "message": message}], status=400
        )
    return frozenset(tag for weak, tag in _TAG.findall(header) if not weak)


def etag_header(tag: str) -> dict[str, str]:
    """Return the header that names a version."""
    return {"ETag": f'"{tag}"'}
