"""Frames are one JSON object a line, `type` first, leads untouched."""

from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest

from stream_svc.domain import frames
from stream_svc.domain.cursor import END_KEY, START_KEY
from stream_svc.domain.facets import Facets
from stream_svc.domain.filters import LeadFilter, parse_filter
from stream_svc.domain.follow import Change, Place, frames_of
from stream_svc.domain.lead import Status

EPOCH = UUID(int=1)
LEAD = UUID(int=5)
PENDING = parse_filter({"status": "pending"})


def facets(status: Status) -> Facets:
    return Facets(
        status=status,
        manager_id=None,
        origin="form",
        import_id=None,
        email_domain="example.org",
        created_at=datetime(2026, 1, 31, tzinfo=UTC),
    )


def change(
    pos: int, before: Status | None, after: Status | None, *, lead_id: UUID = LEAD
) -> Change:
    return Change(
        pos=pos,
        lead_id=lead_id,
        rev=pos,
        before=facets(before) if before else None,
        after=facets(after) if after else None,
        document=f'{{"status":"{after}"}}' if after else None,
        at=datetime(2026, 1, 31, tzinfo=UTC),
    )


def place(*, pos: int = 0, key: UUID = END_KEY, resumed: bool = False) -> Place:
    return Place(epoch=EPOCH, pos=pos, key=key, resumed=resumed)


def told(
    *changes: Change, at: Place | None = None, leads: LeadFilter = PENDING
) -> list[tuple[str, str]]:
    found = frames_of(changes, place=at or place(), leads=leads)
    lines = [orjson.loads(line) for line in found.lines.splitlines()]
    assert found.puts == sum(line["type"] == "put" for line in lines)
    return [(line["type"], line["why"]) for line in lines]


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (
            frames.hello(epoch=EPOCH, heartbeat_seconds=15),
            {"type": "hello", "protocol": 1, "epoch": str(EPOCH), "heartbeat_s": 15},
        ),
        (
            frames.put(lead_id=LEAD, rev=4, why="enter", document='{"name":"\\u2028"}'),
            {
                "type": "put",
                "id": str(LEAD),
                "rev": 4,
                "why": "enter",
                "lead": {"name": "\u2028"},
            },
        ),
        (
            frames.gone(lead_id=LEAD, rev=4, why="left"),
            {"type": "gone", "id": str(LEAD), "rev": 4, "why": "left"},
        ),
        (frames.mark(cursor="c", lag_ms=3), {"type": "mark", "cursor": "c", "lag_ms": 3}),
        (frames.synced(cursor="c"), {"type": "synced", "cursor": "c"}),
        (
            frames.error(code="unavailable", retryable=True),
            {"type": "error", "code": "unavailable", "retryable": True},
        ),
        (
            frames.bye(reason="shutdown", reconnect_ms=9),
            {"type": "bye", "reason": "shutdown", "reconnect_ms": 9},
        ),
        (frames.end(count=2), {"type": "end", "count": 2}),
    ],
)
def test_a_frame_is_one_line_of_json_that_begins_with_its_type(
    frame: bytes, expected: dict[str, object]
) -> None:
    assert frame.count(b"\n") == 1
    assert frame.endswith(b"}\n")
    assert frame.startswith(f'{{"type":"{expected["type"]}"'.encode())
    assert orjson.loads(frame) == expected


def test_a_document_is_sent_as_it_is_stored() -> None:
    stored = '{"z":1, "a":"\u00e4"}'
    assert stored.encode() in frames.put(lead_id=LEAD, rev=1, why="change", document=stored)


def test_a_lead_enters_changes_and_leaves() -> None:
    assert told(
        change(1, None, Status.PENDING),
        change(2, Status.PENDING, Status.PENDING),
        change(3, Status.PENDING, Status.INTERESTED),
        change(4, Status.INTERESTED, Status.INTERESTED),
        change(5, Status.INTERESTED, Status.PENDING),
    ) == [("put", "enter"), ("put", "change"), ("gone", "left"), ("put", "enter")]


def test_an_erased_lead_is_gone_also_when_what_it_was_is_scrubbed() -> None:
    assert told(change(1, None, None)) == [("gone", "erased")]


def test_a_lead_beyond_the_key_comes_with_its_page() -> None:
    at = place(key=START_KEY)
    assert told(change(1, None, Status.PENDING), at=at) == []
    assert told(change(1, Status.PENDING, Status.INTERESTED), at=at) == []
    assert told(change(1, Status.PENDING, None), at=at) == []


def test_after_a_resume_what_does_not_match_beyond_the_key_is_taken_back() -> None:
    """The client may hold it from a page whose mark it never saw."""
    at = place(key=START_KEY, resumed=True)
    assert told(change(1, Status.INTERESTED, Status.INTERESTED), at=at) == [("gone", "left")]
    assert told(change(2, Status.PENDING, Status.INTERESTED), at=at) == [("gone", "left")]
    assert told(change(3, None, None), at=at) == [("gone", "erased")]


def test_after_a_resume_what_matches_beyond_the_key_still_comes_with_its_page() -> None:
    at = place(key=START_KEY, resumed=True)
    assert told(change(1, Status.PENDING, Status.PENDING), at=at) == []


def test_a_change_read_without_its_document_is_never_told() -> None:
    broken = change(1, None, Status.PENDING)
    unread = Change(
        pos=1,
        lead_id=LEAD,
        rev=1,
        before=None,
        after=broken.after,
        document=None,
        at=broken.at,
    )
    with pytest.raises(ValueError, match="without its document"):
        frames_of([unread], place=place(), leads=PENDING)
