import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from leadwire_client import Fault, Hello, LeadStatus, Origin, ProtocolError, Put
from leadwire_client._core.decoding import decode_frame

LEAD: dict[str, Any] = {
    "id": "00000000-0000-7000-8000-000000000001",
    "name": "Ada",
    "family_name": "Lovelace",
    "email": "ada@example.com",
    "created_at": "2026-01-31T09:00:00Z",
    "updated_at": "2026-01-31T09:00:00.5Z",
    "rev": 3,
}
PUT: dict[str, Any] = {"type": "put", "id": LEAD["id"], "rev": 3, "why": "enter", "lead": LEAD}


def line(frame: object) -> bytes:
    return json.dumps(frame).encode()


def test_a_put_bears_the_lead_with_its_types() -> None:
    frame = decode_frame(line(PUT))
    assert isinstance(frame, Put)
    assert frame.lead.id == UUID(LEAD["id"])
    assert frame.lead.created_at == datetime(2026, 1, 31, 9, tzinfo=UTC)
    assert frame.lead.status is LeadStatus.PENDING
    assert frame.lead.manager is None


def test_a_value_that_is_new_is_kept_as_it_came() -> None:
    lead = {**LEAD, "status": "on_hold", "origin": "fax"}
    frame = decode_frame(line({**PUT, "why": "reborn", "lead": lead}))
    assert isinstance(frame, Put)
    assert frame.lead.status == "on_hold"
    assert frame.lead.status != LeadStatus.PENDING
    assert frame.lead.origin == Origin("fax")
    assert frame.why == "reborn"


def test_an_unknown_frame_is_nothing_whatever_its_fields() -> None:
    assert decode_frame(line({"type": "weather", "lead": 5, "cursor": ["x"]})) is None


def test_unknown_fields_are_ignored_and_missing_ones_have_defaults() -> None:
    assert decode_frame(line({"type": "hello", "new": {"a": [1]}})) == Hello()
    assert decode_frame(line({"type": "error", "code": "x"})) == Fault(code="x", retryable=True)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"type": 5}',
        b"{}",
        b"\xff",
        b'{"type":"put","id":"no"}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_frame_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_frame(content)
