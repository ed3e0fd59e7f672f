"""The same frames as lines or as server-sent events."""

import pytest

from stream_svc.http.wire import EVENTS, NDJSON, NotAcceptableError, Wire, choose_wire
from stream_svc.usecases.follow_leads import Chunk


@pytest.mark.parametrize(
    ("accept", "wire"),
    [
        ("", NDJSON),
        ("*/*", NDJSON),
        ("application/x-ndjson", NDJSON),
        ("text/event-stream", EVENTS),
        ("Text/Event-Stream; charset=utf-8", EVENTS),
        ("text/html, application/*;q=0.5", NDJSON),
    ],
)
def test_the_accept_header_chooses(accept: str, wire: Wire) -> None:
    assert choose_wire(accept) is wire


@pytest.mark.parametrize("accept", ["text/html", "application/x-ndjson;q=0"])
def test_an_accept_header_that_takes_neither_is_refused(accept: str) -> None:
    with pytest.raises(NotAcceptableError):
        choose_wire(accept)


def test_lines_are_sent_as_they_are() -> None:
    assert NDJSON.encode(Chunk(b'{"a":1}\n{"b":2}\n', "c")) == b'{"a":1}\n{"b":2}\n'


def test_each_frame_is_an_event_and_the_last_one_bears_the_cursor() -> None:
    assert EVENTS.encode(Chunk(b'{"a":1}\n{"b":2}\n', "c1")) == (
        b'data: {"a":1}\n\ndata: {"b":2}\nid: c1\n\n'
    )
    assert EVENTS.encode(Chunk(b'{"a":1}\n')) == b'data: {"a":1}\n\n'
