"""The same frames as lines or as server-sent events."""

from stream_svc.http.wire import EVENTS, NDJSON
from stream_svc.usecases.follow_leads import Chunk


def test_lines_are_sent_as_they_are() -> None:
    assert NDJSON.encode(Chunk(b'{"a":1}\n{"b":2}\n', "c")) == b'{"a":1}\n{"b":2}\n'


def test_each_frame_is_an_event_and_the_last_one_bears_the_cursor() -> None:
    assert EVENTS.encode(Chunk(b'{"a":1}\n{"b":2}\n', "c1")) == (
        b'data: {"a":1}\n\ndata: {"b":2}\nid: c1\n\n'
    )
    assert EVENTS.encode(Chunk(b'{"a":1}\n')) == b'data: {"a":1}\n\n'
