"""Does the stream say what it must, at once, and for as long as one listens?"""

from collections.abc import Iterator
from typing import Final

from leadwire_client.command.doctor.findings import Finding, error, note, ok, warning
from leadwire_client.command.doctor.probe import Probe
from leadwire_client.errors import LeadwireError, TransportError
from leadwire_client.frames import End, Frame, Hello, Mark, Synced

NOBODY: Final = ("created_after", "2999-01-01T00:00:00Z")
"""A filter that no lead meets."""

FIRST_WITHIN: Final = 5.0
"""Seconds after which a stream that has begun must have said something."""

COMPLETE_WITHIN: Final = 60.0
LONGEST_HEARTBEAT: Final = 60.0
"""Seconds that are waited for a sign of life, at most."""

_CHECK: Final = "stream"
_UNBUFFERED: Final = (
    "let no proxy on the way collect it (nginx: proxy_buffering off; and no gzip of its own)"
)


def look_at_stream(probe: Probe, *, quick: bool) -> Iterator[Finding]:
    """Tell whether streams come complete, at once, and stay alive.

    Args:
        probe: Asks.
        quick: Do not wait for a sign of life.
    """
    complete = _complete(probe)
    yield complete
    if complete.level == "ok":
        yield from _live(probe, quick=quick)


def _complete(probe: Probe) -> Finding:
    """Read a stream that has an end."""
    query = (("follow", "false"), NOBODY)
    frames: list[Frame] = []
    try:
        frames = [frame for _, frame in probe.frames(query, until=COMPLETE_WITHIN)]
    except LeadwireError as failed:
        return error(_CHECK, f"it cannot be read: {failed}", "look at the log of stream-svc")
    if not frames or not isinstance(frames[0], Hello):
        return error(
            _CHECK, "it does not begin with hello", "check that the gateway leaves it as it is"
        )
    if not isinstance(frames[-1], End) or not any(isinstance(each, Synced) for each in frames):
        return error(
            _CHECK,
            "it ends before its end",
            "look for a limit of time or of size on the way, and at the log of stream-svc",
        )
    return ok(_CHECK, "a stream that has an end comes complete")


def _live(probe: Probe, *, quick: bool) -> Iterator[Finding]:
    """Read one that stays open: what is sent must come while it does."""
    query = (("follow", "true"), ("start", "now"), NOBODY)
    heard: list[tuple[float, Frame]] = []
    heartbeat = 0.0
    try:
        for came, frame in probe.frames(query, until=FIRST_WITHIN):
            heard.append((came, frame))
            if isinstance(frame, Hello):
                heartbeat = frame.heartbeat_s
            if isinstance(frame, Mark | Synced):
                break
    except TransportError:
        # Judged below by what came until then.
        pass
    except LeadwireError as failed:
        yield error(_CHECK, f"it cannot be followed: {failed}", "look at the log of stream-svc")
        return
    if not heard or not isinstance(heard[-1][1], Mark | Synced):
        yield _held_back(heard)
        return
    yield ok(_CHECK, f"one that stays open speaks after {heard[0][0] * 1000:.0f} ms")
    if quick or heartbeat > LONGEST_HEARTBEAT:
        yield note(_CHECK, f"its sign of life, every {heartbeat:g} s, was not waited for")
        return
    yield _alive(probe, heartbeat)


def _held_back(heard: list[tuple[float, Frame]]) -> Finding:
    came = "nothing" if not heard else "only a part"
    return error(
        _CHECK,
        f"something on the way holds it back: {came} of a stream that stays open came within "
        f"{FIRST_WITHIN:g} s, while one that ends comes complete",
        _UNBUFFERED,
    )


def _alive(probe: Probe, heartbeat: float) -> Finding:
    query = (("follow", "true"), ("start", "now"), NOBODY)
    until = heartbeat * 1.5 + FIRST_WITHIN
    try:
        for came, frame in probe.frames(query, until=until):
            # Those of the beginning come at once.
            if isinstance(frame, Mark) and came > heartbeat / 2:
                return ok(_CHECK, f"it gives a sign of life after {came:.0f} s without a change")
    except LeadwireError as failed:
        return error(
            _CHECK,
            f"it gave no sign of life within {until:.0f} s, although it promises one every "
            f"{heartbeat:g} s: {failed}",
            _UNBUFFERED,
        )
    return warning(
        _CHECK,
        "it was ended before it gave a sign of life",
        f"let no proxy on the way end what is silent for {heartbeat:g} s "
        "(nginx: proxy_read_timeout)",
    )
