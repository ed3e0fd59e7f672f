"""Write the projection: leads, managers' names and the change log."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from leadwire.db import Connection, Queries
from stream_svc.domain.facets import facets_of
from stream_svc.domain.lead import Lead
from stream_svc.domain.lives import Lives
from stream_svc.domain.news import ManagerName
from stream_svc.storage.lives import ProjectionReplacedError
from stream_svc.storage.rows import columns_of, document_if_visible, lead_of

CHANNEL = "stream_svc_changes"
"""Notified with every commit that adds changes to the log."""


@dataclass(frozen=True, slots=True)
class LeadChange:
    """A lead before and after."""

    before: Lead
    after: Lead

    @property
    def is_seen(self) -> bool:
        """Whether readers can notice it."""
        return self.before.visible or self.after.visible


class ProjectionStore:
    """What the use cases do to one life of the projection, each in its caller's transaction.

    Locks are taken in one order: managers, leads by id, the log's head.

    Args:
        queries: Those of this package.
        life: Which life it is.
        epoch: Of the log that tells of it; None if nobody is told yet.
    """

    def __init__(self, *, queries: Queries, life: int, epoch: UUID | None) -> None:
        self._queries = queries
        self._life = life
        self._epoch = epoch

    async def lock(self, connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Lead]:
        """Lock and read the leads that are there."""
        rows = await connection.fetch(self._queries["lock_leads"], sorted(ids), self._life)
        return {row["id"]: lead_of(row) for row in rows}

    async def insert(self, connection: Connection, leads: Sequence[Lead]) -> set[UUID]:
        """Store leads that were not there; return the ids of those that are stored.

        Others were stored by somebody else meanwhile.
        """
        if not leads:
            return set()
        ordered = sorted(leads, key=lambda lead: lead.id)
        rows = await connection.fetch(
            self._queries["insert_leads"], *columns_of(ordered), self._life
        )
        return {row["id"] for row in rows}

    async def update(self, connection: Connection, leads: Sequence[Lead]) -> None:
        """Store leads that this transaction has locked."""
        if leads:
            await connection.execute(self._queries["update_leads"], *columns_of(leads), self._life)

    async def append(self, connection: Connection, changes: Sequence[LeadChange]) -> None:
        """Write changes that readers can see to the log; only the commit may follow.

        The head of the log is locked from here to the commit, which is what makes commit
        order position order.

        Raises:
            ProjectionReplacedError: The log is not of this life any more.
        """
        if not changes or self._epoch is None:
            return
        rows = [_log_row(change) for change in changes]
        columns = [list(column) for column in zip(*rows, strict=True)]
        written = await connection.fetchval(
            self._queries["append_changes"], *columns, CHANNEL, self._epoch
        )
        if written != len(rows):
            raise ProjectionReplacedError("the projection was replaced meanwhile")

    async def scrub(self, connection: Connection, ids: Sequence[UUID]) -> None:
        """Take the personal data of erased leads out of the log, of whichever life."""
        await connection.execute(self._queries["scrub_changes"], list(ids))

    async def name_managers(
        self, connection: Connection, said: Mapping[UUID, ManagerName]
    ) -> Mapping[UUID, str]:
        """Take what is said of managers' names; give what they are called, and lock it."""
        if not said:
            return {}
        names = [each.name for each in said.values()]
        revs = [each.rev for each in said.values()]
        rows = await connection.fetch(
            self._queries["name_managers"], list(said), names, revs, self._life
        )
        return {row["id"]: row["name"] for row in rows}

    async def leads_of_managers(
        self, connection: Connection, managers: Iterable[UUID]
    ) -> set[UUID]:
        """Give the ids of the leads that managers hold."""
        if not (wanted := list(managers)):
            return set()
        rows = await connection.fetch(self._queries["leads_of_managers"], wanted, self._life)
        return {row["id"] for row in rows}


class Projections:
    """The lives of the projection, to be written to."""

    def __init__(self) -> None:
        self._queries = Queries("stream_svc.storage")

    def of(self, lives: Lives) -> Sequence[ProjectionStore]:
        """Give the lives, the served one last: its log's head is locked last."""
        served = self._store(lives.served, lives.epoch)
        return [served] if lives.coming is None else [self._store(lives.coming, None), served]

    def _store(self, life: int, epoch: UUID | None) -> ProjectionStore:
        return ProjectionStore(queries=self._queries, life=life, epoch=epoch)


def _log_row(change: LeadChange) -> tuple[UUID, int, str | None, str | None, str | None]:
    lead = change.after
    before = facets_of(change.before) if lead.visible else None
    after = facets_of(lead)
    return (
        lead.id,
        lead.rev,
        before.to_json() if before is not None else None,
        after.to_json() if after is not None else None,
        document_if_visible(lead),
    )
