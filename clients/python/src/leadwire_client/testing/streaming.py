"""The fake's stream: from a snapshot or a cursor to live, as the server tells it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Self

from leadwire_client.testing.filtering import filters_of, matches
from leadwire_client.testing.refusal import Refusal
from leadwire_client.testing.state import Logged, State

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a follower stands: what it holds is as of `pos`, if its snapshot is complete."""

    epoch: str
    pos: int
    complete: bool
    filters: str

    def cursor(self) -> str:
        """Give the text that resumes here."""
        return f"{self.epoch}.{self.pos}.{int(self.complete)}.{self.filters}"

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a cursor.

        Raises:
            Refusal: It is none.
        """
        try:
            epoch, pos, complete, filters = text.split(".")
            return cls(epoch, int(pos), complete == "1", filters)
        except ValueError:
            raise Refusal(400, "invalid_cursor") from None


class Telling:
    """One follower's stream.

    Args:
        state: Of the fake.
        query: Of the request.
        heartbeat: Seconds of silence after which a mark is sent.

    Raises:
        Refusal: The stream cannot begin.
    """

    def __init__(self, state: State, query: Mapping[str, str], *, heartbeat: float) -> None:
        self._state = state
        self._filters = filters_of(query, "follow", "start", "cursor")
        self._follow = query.get("follow") == "true"
        self._heartbeat = heartbeat
        with state.changed:
            self._connections = state.connections
            self._place = self._begin(query.get("cursor"), query.get("start", "snapshot"))

    def chunks(self) -> Iterator[bytes]:
        """Give frames to be sent at once, until the stream is over or to be cut."""
        yield self._written(
            {"type": "hello", "protocol": 1, "epoch": self._place.epoch}
            | {"heartbeat_s": self._heartbeat},
            self._mark(),
        )
        with self._state.changed:
            frames = self._caught_up()
        puts = sum(frame["type"] == "put" for frame in frames)
        cursor = self._place.cursor()
        last: list[JSON] = [self._mark(), {"type": "synced", "cursor": cursor}]
        if not self._follow:
            last.append({"type": "end", "count": puts})
        yield self._written(*frames, *last)
        while self._follow:
            with self._state.changed:
                if not self._news():
                    self._state.changed.wait(self._heartbeat)
                if self._state.connections != self._connections:
                    return
                frames = self._since(self._place.pos)
                self._place = replace(self._place, pos=len(self._state.log))
            yield self._written(*frames, self._mark())

    def _begin(self, cursor: str | None, start: str) -> Place:
        state = self._state
        fingerprint = sha256(json.dumps(sorted(self._filters.items())).encode()).hexdigest()[:12]
        if cursor is None:
            return Place(state.epoch, len(state.log), start == "now", fingerprint)
        place = Place.of(cursor)
        if place.filters != fingerprint:
            raise Refusal(400, "invalid_cursor")
        if place.epoch != state.epoch or place.pos < state.pruned_to:
            raise Refusal(410, "cursor_expired")
        return place

    def _caught_up(self) -> list[JSON]:
        """Tell what the follower misses, and stand at the end of the log."""
        frames = self._since(self._place.pos)
        if not self._place.complete:
            held = [each for each in self._state.leads.values() if matches(each, self._filters)]
            gone = [frame for frame in frames if frame["type"] == "gone"]
            frames = gone + [_put(each, "snapshot") for each in held]
        self._place = replace(self._place, pos=len(self._state.log), complete=True)
        return frames

    def _news(self) -> bool:
        state = self._state
        return state.connections != self._connections or len(state.log) > self._place.pos

    def _since(self, pos: int) -> list[JSON]:
        told = (self._told(change) for change in self._state.log[pos:])
        return [frame for frame in told if frame is not None]

    def _told(self, change: Logged) -> JSON | None:
        was = matches(change.before, self._filters)
        if change.after is not None and matches(change.after, self._filters):
            return _put(change.after, "change" if was else "enter")
        if was or not self._place.complete:
            why = "left" if change.after is not None else "erased"
            return {"type": "gone", "id": change.id, "rev": change.rev, "why": why}
        return None

    def _mark(self) -> JSON:
        return {"type": "mark", "cursor": self._place.cursor(), "lag_ms": 0}

    @staticmethod
    def _written(*frames: JSON) -> bytes:
        return b"".join(json.dumps(frame).encode() + b"\n" for frame in frames)


def _put(lead: JSON, why: str) -> JSON:
    return {"type": "put", "id": lead["id"], "rev": lead["rev"], "why": why, "lead": lead}
