"""Say in a table what befell a run and what came of it."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from chaos.evidence import Evidence
from chaos.faults import Course
from chaos.judge import Finding, Wrong
from chaos.plan import Kind, Plan
from chaos.run import Outcome
from chaos.subscribers import Received

Row: TypeAlias = tuple[str, str]

MOST_SHOWN: Final = 50
"""Findings that are shown; the others are in the file that is kept."""


def as_table(outcome: Outcome) -> str:
    """Return the table."""
    evidence, found = outcome.evidence, Counter(each.kind for each in outcome.findings)
    rows = [
        *_faults(outcome.plan, outcome.course),
        ("", ""),
        ("asked for by clients", _number(len(evidence.notes.attempted))),
        ("confirmed to clients", _number(len(evidence.notes.confirmed))),
        *_events(evidence),
        ("", ""),
        *((kind.value, _number(found[kind])) for kind in Wrong),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name.ljust(width)}  {value:>10}".rstrip() for name, value in rows)


def in_lines(findings: Sequence[Finding], *, most: int = MOST_SHOWN) -> str:
    """Return what is wrong, a line each."""
    lines = [str(each) for each in findings[:most]]
    left = len(findings) - len(lines)
    return "\n".join([*lines, f"... and {left} more"] if left else lines)


def write_events(evidence: Evidence, path: Path) -> None:
    """Write an event a line, as JSON: when it was committed, and when each subscriber had it."""
    with path.open("w", encoding="utf-8") as file:
        for key, event in evidence.committed.items():
            received = {name: each.first_at.get(key) for name, each in evidence.received.items()}
            line = {
                "source": key[0],
                "id": key[1],
                "type": event.type,
                "added_at": event.added_at,
                "removed_at": event.removed_at,
                "withdrawn": event.withdrawn,
                "journaled": evidence.journaled[key],
                "received_at": received,
            }
            file.write(json.dumps(line) + "\n")


def _faults(plan: Plan, course: Course) -> Iterator[Row]:
    planned = Counter(fault.kind for fault in plan.faults)
    done = Counter(fault.kind for fault in course.done)
    for kind in Kind:
        missed = planned[kind] - done[kind]
        yield kind.value, f"{done[kind]}" + (f" (missed {missed})" if missed else "")
    yield "starts given up, a server being away", _number(course.given_up)
    yield "events that they left in the outbox", _number(course.undeleted)


def _events(evidence: Evidence) -> Iterator[Row]:
    yield "events committed", _number(len(evidence.committed))
    withdrawn = sum(event.withdrawn for event in evidence.committed.values())
    yield "of them withdrawn by an erasure", _number(withdrawn)
    yield "events in the journal", _number(len(evidence.journaled))
    for name, received in evidence.received.items():
        reader = name if name in evidence.journal_readers else f"{name} subscriber"
        yield f"events received, {reader}", _number(len(received.first_at))
        repeated = received.deliveries - len(received.first_at)
        yield f"duplicate deliveries, {reader}", _number(repeated)
        yield f"longest delay, {reader}", f"{_longest_delay(evidence, received):.1f} s"
    yield "emails about leads that are there", _number(sum(a + b for _, a, b in evidence.emails))
    yield "copies of emails that were there", _number(evidence.copies)


def _longest_delay(evidence: Evidence, received: Received) -> float:
    """Return the seconds from the commit of an event to its first delivery, at most."""
    delays = (
        at - evidence.committed[key].added_at
        for key, at in received.first_at.items()
        if key in evidence.committed
    )
    return max(delays, default=0.0)


def _number(count: int) -> str:
    return f"{count:,}"
