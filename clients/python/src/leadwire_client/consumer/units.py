"""The consumer's own transaction: what of an event is already known, and what is newer.

A `Store` notes the key of each event in the transaction in which the handler does its work. So
key and effect commit together: an event that comes again finds its key and is skipped, and a
process that dies before the commit has done nothing.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, Protocol, TypeVar

from leadwire_client.events import Event, LeadTombstone, State

C_co = TypeVar("C_co", covariant=True)
S = TypeVar("S", bound=State)

ERASED: Final = 2**63 - 1
"""The `rev` of both sides of an erased lead: nothing that is said of it later is newer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What an event is known by.

    Attributes:
        subscription: Name of the consumer's queue: two of them may share a database.
    """

    subscription: str
    source: str
    event_id: str

    @classmethod
    def of(cls, event: Event, *, subscription: str) -> "Key":
        """Give an event's key for a subscription."""
        return cls(subscription=subscription, source=event.source, event_id=event.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revs:
    """The revs that a state raises of what it is about; 0 raises nothing."""

    id: str
    contact: int = 0
    work: int = 0
    manager: int = 0

    @classmethod
    def of(cls, state: State) -> "Revs":
        """Give what a state raises."""
        if isinstance(state, LeadTombstone):
            return cls(id=str(state.id), contact=ERASED, work=ERASED)
        return cls(id=str(state.id), **{state.side: state.rev})


RaiseRevs = Callable[[Sequence[Revs]], Awaitable[set[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit(Generic[C_co]):
    """What a handler works with: one transaction, committed when the handler returns.

    Attributes:
        connection: In the transaction; do your effect with it, and neither commit nor roll back.
        key: Of the event, noted in the transaction already.
        raise_revs: Stores higher revs, and gives the ids of which one was higher.
    """

    connection: C_co
    key: Key
    raise_revs: RaiseRevs

    async def is_newer(self, state: State) -> bool:
        """Tell whether a state is newer than all that came of its side before, and note it.

        False for what came already, for what is older, and for all that comes of a lead after
        its erasure: so late events do not bring its data back.
        """
        return bool(await self.newer([state]))

    async def newer(self, states: Iterable[S]) -> list[S]:
        """Give those of some states that are newer, as `is_newer`; of two about one thing the last.

        One step in the database for each side, however many states there are.
        """
        latest = {(each.side, each.id): each for each in sorted(states, key=_rev)}
        taken: list[S] = []
        for side in sorted({side for side, _ in latest}):
            group = [state for state in latest.values() if state.side == side]
            raised = await self.raise_revs([Revs.of(state) for state in group])
            taken += [state for state in group if str(state.id) in raised]
        return taken


def _rev(state: State) -> int:
    return state.rev


class Store(Protocol[C_co]):
    """Keeps the keys of events, and revs, in the database of the consumer."""

    async def prepare(self) -> None:
        """Make the tables, if they are not there."""

    def once(self, key: Key) -> AbstractAsyncContextManager[Unit[C_co] | None]:
        """Begin a transaction in which an event is noted as handled.

        Entered, it gives the unit, or None if the event was handled before. It commits when it
        is left, and rolls back when it is left by an exception. It raises where the database could
        not commit; some do not say so after a statement that failed and was passed over.
        """

    async def forget(self, *, subscription: str, before: datetime) -> int:
        """Delete a subscription's keys of events handled before then; return how many."""
