"""What is known of a run once all is quiet, from whoever knows it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from chaos.facts import Fact
from chaos.ledger import Notes
from chaos.subscribers import EventKey, Received

LeadView: TypeAlias = Mapping[str, object]
"""Some fields of a lead, as somebody has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """An event that stood in an outbox.

    Attributes:
        type: Its type.
        facts: What it tells of what clients asked for.
        hashes: Of its body, and of what an erasure left of that in the outbox.
        added_at: When, in seconds since 1970.
        removed_at: When it was taken out, which a relay does once the broker has it.
        withdrawn: Whether an erasure took it out: it may not be told any more, and may have been.
    """

    type: str
    facts: frozenset[Fact]
    hashes: frozenset[bytes]
    added_at: float
    removed_at: float | None
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Parked:
    """An event that was set aside.

    Attributes:
        service: By whom.
        place: Its outbox, a subscription, or what kind of delivery it is.
        event_id: Which.
        reason: Why; empty if it does not say so.
    """

    service: str
    place: str
    event_id: str
    reason: str


@dataclass(slots=True, kw_only=True)
class Evidence:
    """What is to be compared.

    Attributes:
        notes: What clients attempted and were answered.
        committed: Events by key, in the order in which they were written.
        journaled: How often each event stands in the journal.
        received: What subscribers have, by name.
        owned: Each lead as its two owners have it.
        projected: Each lead as the stream tells it.
        projected_revs: Lead and rev of each change of the projection, in its order.
        journal_readers: Who of those who received is told by the journal.
        redacted: Events of which an erasure has left nothing in the journal.
        kept_whole: Hash of each event of which no erasure took anything out of the journal.
        planned: How often each event was to be sent to the webhook.
        emails: Lead, acknowledgements and alerts received, of leads from the form.
        copies: How many emails came that were there, as by their `Message-ID`.
        parked: What the services set aside.
        poison: Ids of the events that had to be set aside.
        moving: What did not come to rest in time, by name; empty if all is quiet.
        ended: Services that ended without being killed, each in a line.
    """

    notes: Notes
    committed: Mapping[EventKey, Committed]
    journaled: Counter[EventKey]
    received: Mapping[str, Received]
    owned: Mapping[str, LeadView] = field(default_factory=dict)
    projected: Mapping[str, LeadView] = field(default_factory=dict)
    projected_revs: Sequence[tuple[tuple[str, str], int]] = ()
    journal_readers: Collection[str] = ()
    redacted: Collection[EventKey] = ()
    kept_whole: Mapping[EventKey, bytes] = field(default_factory=dict)
    planned: Counter[EventKey] = field(default_factory=Counter)
    emails: Sequence[tuple[str, int, int]] = ()
    copies: int = 0
    parked: Sequence[Parked] = ()
    poison: Collection[str] = ()
    moving: Mapping[str, int] = field(default_factory=dict)
    ended: Sequence[str] = ()
