"""Compare what was attempted, committed, delivered and journaled; name everything that is wrong.

attempted >= committed >= confirmed; committed = delivered = journaled, byte for byte, but for what
an erasure withdrew, which may have been told and need not; each effect once; no old news over new;
the projection is what the owners have; nothing parked; nothing moves any more.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from chaos.evidence import Committed, Evidence
from chaos.facts import Fact
from chaos.poison import CONSUMERS
from chaos.subscribers import EventKey, Received


class Wrong(StrEnum):
    """In which way something is wrong."""

    LOST = "lost"
    DUPLICATE = "duplicate effect"
    INVENTED = "told, but never committed"
    ALTERED = "told otherwise than committed"
    UNASKED = "committed, but never asked for"
    OLD_NEWS = "old news over new"
    DISAGREEMENT = "state differs from its owner's"
    PARKED = "parked"
    REFUSED = "refused"
    RESTLESS = "still moving"
    ENDED = "service that ended by itself"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong.

    Attributes:
        kind: In which way.
        what: Which event, fact or lead, by its id.
        where: Where it was last seen, or who has it wrong.
    """

    kind: Wrong
    what: str
    where: str

    def __str__(self) -> str:
        """Say it in a line."""
        return f"{self.kind.value}: {self.what}: {self.where}"


def judge(evidence: Evidence) -> list[Finding]:
    """Return everything that is wrong; nothing if the run proves what it should."""
    return [
        *_asked_and_committed(evidence),
        *_told(evidence),
        *_contents(evidence),
        *_effects(evidence),
        *_order(evidence),
        *_states(evidence),
        *_parked(evidence),
        *(Finding(Wrong.REFUSED, what, "a valid request") for what in evidence.notes.refused),
        *(Finding(Wrong.RESTLESS, what, str(left)) for what, left in evidence.moving.items()),
        *(Finding(Wrong.ENDED, what, "nobody killed it") for what in evidence.ended),
    ]


def _asked_and_committed(evidence: Evidence) -> Iterator[Finding]:
    told = Counter(fact for event in evidence.committed.values() for fact in event.facts)
    for fact in sorted(evidence.notes.confirmed - told.keys()):
        yield Finding(Wrong.LOST, _words(fact), "confirmed to the client, but no event was written")
    for fact in sorted(told.keys() - evidence.notes.attempted):
        yield Finding(Wrong.UNASKED, _words(fact), "an event tells of it")
    for fact, times in told.items():
        if times > 1:
            yield Finding(Wrong.DUPLICATE, _words(fact), f"{times} events tell of it")


def _told(evidence: Evidence) -> Iterator[Finding]:
    heard: dict[str, AbstractSet[EventKey]] = {
        name: each.first_at.keys() for name, each in evidence.received.items()
    }
    heard["journal"] = evidence.journaled.keys()
    for key, event in evidence.committed.items():
        excused = evidence.journal_readers if key in evidence.redacted else ()
        deaf = [name for name, keys in heard.items() if key not in keys and name not in excused]
        if deaf and not event.withdrawn:
            yield Finding(Wrong.LOST, _event(key, event), _last_seen(key, event, heard, deaf))
    for name, keys in heard.items():
        for key in keys - evidence.committed.keys():
            yield Finding(Wrong.INVENTED, "/".join(key), f"told to {name}")


def _contents(evidence: Evidence) -> Iterator[Finding]:
    """What an erasure left of an event in the journal, who is told by that may be told."""
    told = {name: each.hashes for name, each in evidence.received.items()}
    told["journal"] = {key: {digest} for key, digest in evidence.kept_whole.items()}
    for name, contents in told.items():
        keys = contents.keys() & evidence.committed.keys()
        if name in evidence.journal_readers:
            keys &= evidence.kept_whole.keys()
        for key in sorted(keys):
            event = evidence.committed[key]
            if not contents[key] <= event.hashes:
                yield Finding(Wrong.ALTERED, _event(key, event), name)


def _last_seen(
    key: EventKey, event: Committed, heard: Mapping[str, Collection[EventKey]], deaf: Sequence[str]
) -> str:
    seen = [name for name, keys in heard.items() if key in keys]
    removed = event.removed_at
    outbox = "still in the outbox" if removed is None else f"out of the outbox {_clock(removed)}"
    return (
        f"missed by {', '.join(deaf)}; committed {_clock(event.added_at)}, {outbox}, "
        f"seen by {', '.join(seen) or 'nobody'}"
    )


def _effects(evidence: Evidence) -> Iterator[Finding]:
    counts = {name: each.effects for name, each in evidence.received.items()}
    counts |= {"the journal": evidence.journaled, "the deliveries to a webhook": evidence.planned}
    for name, effects in counts.items():
        for key, times in effects.items():
            if times > 1:
                yield Finding(Wrong.DUPLICATE, "/".join(key), f"{times} times in {name}")
    for name, each in evidence.received.items():
        for key in each.first_at.keys() - each.effects.keys():
            yield Finding(Wrong.LOST, "/".join(key), f"without an effect at {name}")
    yield from _emails(evidence)


def _emails(evidence: Evidence) -> Iterator[Finding]:
    for lead, *sent in evidence.emails:
        for kind, times in zip(("acknowledgement", "alert"), sent, strict=True):
            if times != 1:
                wrong = Wrong.DUPLICATE if times else Wrong.LOST
                yield Finding(wrong, f"{kind} about {lead}", f"received {times} times")


def _order(evidence: Evidence) -> Iterator[Finding]:
    told = {name: each.news for name, each in evidence.received.items()}
    for name, news in {**told, "projection": evidence.projected_revs}.items():
        newest: dict[tuple[str, str], int] = {}
        for about, rev in news:
            if rev < newest.get(about, 0):
                where = f"{name} took rev {rev} after {newest[about]}"
                yield Finding(Wrong.OLD_NEWS, " ".join(about), where)
            newest[about] = max(rev, newest.get(about, 0))


def _states(evidence: Evidence) -> Iterator[Finding]:
    for lead in sorted(evidence.owned.keys() | evidence.projected.keys()):
        owned, projected = evidence.owned.get(lead), evidence.projected.get(lead)
        if owned != projected:
            where = f"the stream has {projected}, the owners have {owned}"
            yield Finding(Wrong.DISAGREEMENT, lead, where)
    for name, each in evidence.received.items():
        for lead, owned in evidence.owned.items():
            believed = {"contact_rev": _rev(each, lead, "contact")}
            believed |= {"work_rev": _rev(each, lead, "work")}
            if any(owned[side] != rev for side, rev in believed.items()):
                yield Finding(Wrong.DISAGREEMENT, lead, f"{name} has {believed} of {owned}")


def _rev(received: Received, lead: str, side: str) -> object:
    return received.sides.get((lead, side), {}).get("rev", 0)


def _parked(evidence: Evidence) -> Iterator[Finding]:
    """What nobody can read is set aside by everybody, with a reason, and nothing else is."""
    for each in evidence.parked:
        if each.event_id not in evidence.poison or not each.reason:
            where = f"set aside by {each.service} ({each.place}): {each.reason or 'no reason'}"
            yield Finding(Wrong.PARKED, each.event_id, where)
    aside = {
        name: each.unreadable
        for name, each in evidence.received.items()
        if name not in evidence.journal_readers  # what is no event is not in there
    }
    for service in CONSUMERS if evidence.poison else ():
        aside[service] = frozenset(p.event_id for p in evidence.parked if p.service == service)
    for event_id in evidence.poison:
        for name in (name for name, ids in aside.items() if event_id not in ids):
            yield Finding(Wrong.LOST, event_id, f"unreadable, and not set aside by {name}")


def _words(fact: Fact) -> str:
    return " ".join(fact)


def _event(key: EventKey, event: Committed) -> str:
    return f"{event.type} {'/'.join(key)}"


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("at %H:%M:%S.%f")[:-3]
