"""`ETag` and `If-Match` of the work side of a lead: `"work-7"`."""

import re

from pydantic import BaseModel, Field

from leadwire.http import invalid_request
from manager_svc.domain.lead import Lead

_TAGS = re.compile(r'\s*(?:W/)?"[^"]*"\s*(?:,\s*(?:W/)?"[^"]*"\s*)*')
_TAG = re.compile(r'(W/)?"([^"]*)"')


class Precondition(BaseModel):
    """The header by which a write is held to the version that its author has read."""

    if_match: str | None = Field(
        default=None,
        alias="If-Match",
        max_length=500,
        description='ETag of the version to change, such as `"work-7"`; 412 if it is not current.',
    )


def versions_of(precondition: Precondition) -> frozenset[str] | None:
    """Return the tags that the lead may have; None if any will do.

    A weak tag never matches (RFC 9110, 13.1.1).

    Raises:
        Problem: 400 `invalid_request`: it is no list of quoted tags.
    """
    header = precondition.if_match
    if header is None or header.strip() == "*":
        return None
    if not _TAGS.fullmatch(header):
        message = 'Must be quoted tags, such as "work-7", or *'
        raise invalid_request(
            [{"in": "header", "path": "If-Match", "message": message}], status=400
        )
    return frozenset(tag for weak, tag in _TAG.findall(header) if not weak)


def etag_of(lead: Lead) -> dict[str, str]:
    """Return the header that names a lead's version."""
    return {"ETag": f'"{lead.work.tag}"'}
