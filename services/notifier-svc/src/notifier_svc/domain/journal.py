"""The journal: what it shows, and how one goes through it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, order=True)
class JournalPlace:
    """A place in the journal, from which a listing goes on.

    Attributes:
        turn: Grows from transaction to transaction. None is added to a turn that was shown.
        position: Grows within a turn.
    """

    turn: int
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """An event in the journal.

    Attributes:
        place: Where it stands.
        received_at: When its handling began; nearly in the order of places, not quite.
        body: As received; None once the lead that it was about is erased.
        redacted_at: When personal data was taken out, if it was.
        content_type: Media type of the body.
        headers: As received.
    """

    place: JournalPlace
    received_at: datetime
    id: str
    source: str
    type: str
    subject: str | None
    time: datetime | None
    body: bytes | None
    redacted_at: datetime | None
    content_type: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalCounts:
    """How many entries came in.

    Attributes:
        at: The database's time, at which the last minute ends.
        per_minute: In each of the last minutes, oldest first.
    """

    at: datetime
    per_minute: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalSelection:
    """Which entries.

    Attributes:
        types: Of all types if none is given.
        since: Received at or after this moment.
        until: Received before this one.
        happened_before: Those that happened before this moment, however late they were received;
            where an event does not say when it happened, its receipt counts.
    """

    types: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    happened_before: datetime | None = None
