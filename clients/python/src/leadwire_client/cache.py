"""A filtered copy of the leads, kept current by the changes of a stream."""

from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from uuid import UUID

from leadwire_client.frames import Change, Gone, Put, Reset
from leadwire_client.models import Lead


class LeadCache(Mapping[UUID, Lead]):
    """The leads of one stream, by id.

    Feed it what the stream gives, in its order; `Client.live` does so by itself. While a
    stream starts over, the copy stays as it was: the new one takes its place when it is
    complete, so readers never see a half.

    A lead that was read elsewhere, as after a write of one's own, may be merged in. It counts
    if its `rev` is equal or greater: an equal one may bring a new name of the manager.
    """

    def __init__(self) -> None:
        self._leads: dict[UUID, Lead] = {}
        self._next: dict[UUID, Lead] | None = {}
        self._synced = False

    @property
    def synced(self) -> bool:
        """Whether the copy has been complete once."""
        return self._synced

    def apply(self, change: Change) -> None:
        """Take one change of the stream."""
        if isinstance(change, Put):
            self._put(change.lead)
        elif isinstance(change, Gone):
            # Whatever its `rev`: a lead that was merged in may be newer than the change by
            # which it left, and nobody would say again that it does not match.
            self._target.pop(change.id, None)
        elif isinstance(change, Reset):
            self._next = {}
        else:
            self._complete()

    def merge(self, lead: Lead) -> bool:
        """Take a lead that was read elsewhere; return whether it was news.

        One that is not held is left out: whether it matches is the stream's to say.
        """
        held = self._target.get(lead.id)
        if held is None or lead.rev < held.rev:
            return False
        self._target[lead.id] = lead
        return True

    @property
    def _target(self) -> dict[UUID, Lead]:
        return self._leads if self._next is None else self._next

    def _put(self, lead: Lead) -> None:
        held = self._target.get(lead.id)
        if held is None or lead.rev >= held.rev:
            self._target[lead.id] = lead

    def _complete(self) -> None:
        if self._next is not None:
            self._leads, self._next = self._next, None
        self._synced = True

    def __getitem__(self, lead_id: UUID) -> Lead:
        return self._leads[lead_id]

    # Of a copy, all three: a stream in another thread may change the leads meanwhile.

    def __iter__(self) -> Iterator[UUID]:
        return iter(list(self._leads))

    def items(self) -> ItemsView[UUID, Lead]:
        """Give ids and leads, as they are now."""
        return self._leads.copy().items()

    def values(self) -> ValuesView[Lead]:
        """Give the leads, as they are now."""
        return self._leads.copy().values()

    def __len__(self) -> int:
        return len(self._leads)
