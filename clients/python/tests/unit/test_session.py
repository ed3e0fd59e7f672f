"""What a session does next, without a connection and with a clock of the test's own."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from leadwire_client import Backoff, Frame, ProtocolError, TransportError, UnavailableError
from leadwire_client._core.session import StreamSession, Wish
from leadwire_client._core.wire import Answer

HELLO = {"type": "hello", "protocol": 1, "epoch": "e1", "heartbeat_s": 4}


@dataclass
class Clock:
    """Seconds that pass when the test says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def session_of(*, clock: Clock | None = None, patience: float | None = None) -> StreamSession:
    backoff = Backoff(first=1.0, most=8.0, chance=lambda: 1.0)
    return StreamSession(wish=Wish(), backoff=backoff, patience=patience, clock=clock or Clock())


def fed(session: StreamSession, *frames: dict[str, Any]) -> list[Frame]:
    return list(session.feed(b"".join(json.dumps(each).encode() + b"\n" for each in frames)))


def mark(cursor: str) -> dict[str, Any]:
    return {"type": "mark", "cursor": cursor, "lag_ms": 0}


def connect(session: StreamSession) -> dict[str, str]:
    list(session.begin())
    return dict(session.request().query)


def test_waits_double_up_to_the_longest() -> None:
    session = session_of()
    waits = []
    for _ in range(6):
        connect(session)
        session.cut()
        waits.append(session.pause)
    assert waits == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


def test_the_first_mark_is_no_progress_and_the_second_is() -> None:
    session = session_of()
    for expected in (1.0, 2.0, 4.0):
        connect(session)
        fed(session, HELLO, mark("c1"))
        session.cut()
        assert session.pause == expected
    connect(session)
    fed(session, HELLO, mark("c1"), mark("c1"))
    session.cut()
    assert session.pause == 1.0


def test_waits_differ_by_chance_but_are_never_nothing() -> None:
    waits = [Backoff(first=1.0).delay(3) for _ in range(200)]
    assert min(waits) >= 2.0
    assert max(waits) <= 4.0
    assert len(set(waits)) > 100


def test_a_connection_is_silent_after_two_and_a_half_heartbeats() -> None:
    session = session_of()
    connect(session)
    assert session.silence == 37.5
    fed(session, HELLO)
    assert session.silence == 10.0


@pytest.mark.parametrize("text", ["3", "Thu, 01 Jan 2099 00:00:00 GMT"])
def test_retry_after_is_the_least_wait_but_not_for_ever(text: str) -> None:
    session = session_of()
    connect(session)
    session.refused(Answer(status=503, headers={"retry-after": text}))
    assert session.pause == (3.75 if text == "3" else 4500.0)


@pytest.mark.parametrize("text", ["soon", "Thu, 01 Jan 99999999999999999999 00:00:00 GMT"])
def test_retry_after_that_means_nothing_is_no_retry_after(text: str) -> None:
    session = session_of()
    connect(session)
    session.refused(Answer(status=503, headers={"retry-after": text}))
    assert session.pause == 1.0


def test_a_reader_without_patience_is_told_what_stood_in_the_way() -> None:
    clock = Clock()
    session = session_of(clock=clock, patience=10.0)
    while not session.over:
        clock.now += session.pause
        connect(session)
        session.refused(Answer(status=503))
    assert isinstance(session.failure, UnavailableError)
    assert 1000.0 < clock.now < 1011.0


def test_a_reader_with_patience_is_never_given_up() -> None:
    clock = Clock()
    session = session_of(clock=clock)
    for _ in range(10_000):
        clock.now += session.pause
        connect(session)
        session.cut(TransportError("no"))
    assert not session.over


def test_a_server_that_expires_every_cursor_is_not_asked_in_a_tight_loop() -> None:
    session = session_of()
    session.resume("old")
    waits = []
    for _ in range(4):
        connect(session)
        fed(session, HELLO, mark("c0"), {"type": "error", "code": "x", "retryable": False})
        waits.append(session.pause)
    assert waits == [0.0, 2.0, 4.0, 8.0]


def bye_after(session: StreamSession, *frames: dict[str, Any], reconnect_ms: int) -> float:
    """Connect, and be sent off; give the wait."""
    connect(session)
    fed(session, HELLO, *frames, {"type": "bye", "reason": "x", "reconnect_ms": reconnect_ms})
    return session.pause


def test_a_server_that_sends_everybody_off_at_once_is_not_asked_in_a_tight_loop() -> None:
    session = session_of()
    waits = [bye_after(session, mark("c1"), reconnect_ms=0) for _ in range(4)]
    assert waits == [1.0, 2.0, 4.0, 8.0]
    assert bye_after(session, mark("c1"), mark("c2"), reconnect_ms=5) == 0.005


def test_a_reader_who_is_sent_off_each_time_loses_his_patience() -> None:
    clock = Clock()
    session = session_of(clock=clock, patience=10.0)
    for _ in range(100):
        clock.now += bye_after(session, mark("c1"), reconnect_ms=500)
        if session.over:
            break
    assert isinstance(session.failure, TransportError)


def test_no_server_sends_a_reader_off_for_ever() -> None:
    session = session_of()
    assert bye_after(session, mark("c1"), mark("c2"), reconnect_ms=10**15) == 3600.0


def test_what_follows_the_end_of_a_connection_is_left_alone() -> None:
    session = session_of()
    connect(session)
    frames = fed(session, HELLO, mark("c1"), {"type": "bye", "reconnect_ms": 5}, mark("c2"))
    assert len(frames) == 3
    assert session.cursor == "c1"


def test_garbage_at_the_same_place_twice_is_an_error() -> None:
    session = session_of()
    for _ in range(2):
        connect(session)
        assert not session.over
        list(session.feed(b"<html>\n"))
    assert isinstance(session.failure, ProtocolError)


def test_a_resumed_connection_asks_with_the_cursor_alone() -> None:
    session = session_of()
    assert connect(session) == {"follow": "true", "start": "snapshot"}
    fed(session, HELLO, mark("c1"))
    session.cut()
    assert connect(session) == {"follow": "true", "cursor": "c1"}
