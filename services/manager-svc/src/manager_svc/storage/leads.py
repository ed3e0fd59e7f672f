"""Leads: who they are, who works them, what became of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from leadwire.db import Connection
from manager_svc.domain.errors import (
    ExplanationForgottenError,
    LeadNotFoundError,
    NeverAssignedError,
    NoLeadWaitingError,
)
from manager_svc.domain.explanation import Assignment
from manager_svc.domain.lead import Contact, HistoryEntry, Lead, Worked
from manager_svc.domain.matching import GIVEN_BACK_FOR
from manager_svc.domain.status import LeadStatus
from manager_svc.storage.queries import QUERIES
from manager_svc.storage.rows import assignment_of, history_entry_of, lead_of, worked_of


class LeadStore:
    """Leads and their history; every change of a lead's work leaves an entry."""

    def __init__(self, *, connection: Connection) -> None:
        self._connection = connection

    async def receive(self, contacts: Sequence[Contact], *, now: datetime) -> None:
        """Take contact data in, in any order and any number of times; the newer wins."""
        await self._connection.execute(
            QUERIES["receive_contacts"],
            [contact.id for contact in contacts],
            [contact.created_at for contact in contacts],
            [contact.rev for contact in contacts],
            [contact.name for contact in contacts],
            [contact.family_name for contact in contacts],
            [contact.email for contact in contacts],
            [contact.cellphone for contact in contacts],
            now,
        )

    async def bury(self, lead_id: UUID, *, contact_rev: int, now: datetime) -> None:
        """Leave only a tombstone of a lead that nobody holds; also of one never heard of.

        What happened to it stays in the history, without what people said of it.
        """
        await self._connection.execute(QUERIES["bury_lead"], lead_id, contact_rev, now)
        await self._connection.execute(QUERIES["redact_lead_history"], lead_id)

    async def find(self, lead_id: UUID) -> Lead:
        """Return a lead.

        Raises:
            LeadNotFoundError: It is not known here, or was erased.
        """
        return await self._find("find_lead", lead_id)

    async def lock(self, lead_id: UUID) -> Lead:
        """Return a lead, whose assignee's row and whose own row are locked from now on.

        Raises:
            LeadNotFoundError: It is not known here, or was erased.
        """
        return await self._find("find_lead_for_update", lead_id)

    async def is_erased(self, lead_id: UUID) -> bool | None:
        """Tell whether a lead was erased; None if it was never heard of."""
        erased: bool | None = await self._connection.fetchval(QUERIES["find_lead_state"], lead_id)
        return erased

    async def oldest_waiting(self) -> UUID:
        """Return the lead that has waited longest.

        Raises:
            NoLeadWaitingError: None waits.
        """
        lead_id: UUID | None = await self._connection.fetchval(QUERIES["find_oldest_waiting_lead"])
        if lead_id is None:
            raise NoLeadWaitingError
        return lead_id

    async def oldest_open_to(self, manager_id: UUID, *, now: datetime) -> UUID:
        """Return the lead that has waited longest of those that a manager may be offered (G5).

        Raises:
            NoLeadWaitingError: None waits, but such as he gave back.
        """
        lead_id: UUID | None = await self._connection.fetchval(
            QUERIES["find_oldest_lead_open_to"], manager_id, now - GIVEN_BACK_FOR
        )
        if lead_id is None:
            raise NoLeadWaitingError
        return lead_id

    async def mark_reached_out(
        self, lead_id: UUID, *, now: datetime, actor: str, reason: str | None
    ) -> Worked:
        """Note that somebody got in touch; the lead keeps its manager."""
        rows = await self._connection.fetch(
            QUERIES["mark_reached_out"], lead_id, now, actor, reason
        )
        return worked_of(rows[0])

    async def decide(
        self,
        lead_id: UUID,
        status: LeadStatus,
        *,
        now: datetime,
        what: str,
        actor: str,
        reason: str | None,
    ) -> Worked:
        """Decide a lead and free its manager."""
        rows = await self._connection.fetch(
            QUERIES["decide_lead"], lead_id, status, now, what, actor, reason
        )
        return worked_of(rows[0])

    async def correct(
        self,
        lead_id: UUID,
        status: LeadStatus,
        *,
        now: datetime,
        what: str,
        actor: str,
        reason: str | None,
    ) -> Worked:
        """Decide a decided lead otherwise; it concerns whoever held it at the decision."""
        rows = await self._connection.fetch(
            QUERIES["correct_decision"], lead_id, status, now, what, actor, reason
        )
        return worked_of(rows[0])

    async def release(
        self,
        lead_ids: Sequence[UUID],
        *,
        now: datetime,
        actor: str,
        rule: str,
        reason: str | None = None,
        given_back: bool = False,
    ) -> list[Worked]:
        """Take leads from their managers; those that nobody holds are passed over.

        Args:
            lead_ids: Which leads.
            now: Time of the change.
            actor: Who does it.
            rule: What made it necessary, in a word.
            reason: Why, in somebody's words.
            given_back: Do not offer them to the same managers for a while.
        """
        if given_back:
            await self._connection.execute(QUERIES["prune_given_back"], now - GIVEN_BACK_FOR)
        rows = await self._connection.fetch(
            QUERIES["release_leads"], list(lead_ids), now, actor, rule, given_back, reason
        )
        return [worked_of(row) for row in rows]

    async def history(self, lead_id: UUID, *, after: int, limit: int) -> list[HistoryEntry]:
        """List what happened to a lead, oldest first, after the entry of that number."""
        rows = await self._connection.fetch(QUERIES["list_lead_history"], lead_id, after, limit)
        return [history_entry_of(row) for row in rows]

    async def history_forgotten_at(self, lead_id: UUID) -> datetime | None:
        """Tell since when nothing is known of what happened to a lead before; None if all is."""
        moment: datetime | None = await self._connection.fetchval(
            QUERIES["find_when_history_was_forgotten"], lead_id
        )
        return moment

    async def forget_histories(self, *, older_than: timedelta, limit: int) -> int:
        """Forget histories of leads that are decided or erased; return how many entries were seen.

        Each goes as a whole or not at all, once nothing has happened to its lead for so long.
        """
        return int(await self._connection.fetchval(QUERIES["forget_histories"], older_than, limit))

    async def last_assignment(self, lead_id: UUID) -> Assignment:
        """Return what is known of a lead's last assignment.

        Raises:
            NeverAssignedError: There was none.
            ExplanationForgottenError: What was seen then is not kept any more.
        """
        row = await self._connection.fetchrow(QUERIES["find_last_assignment"], lead_id)
        if row is None and await self.history_forgotten_at(lead_id) is None:
            raise NeverAssignedError(lead_id)
        if row is None or row["forgotten"]:
            raise ExplanationForgottenError(lead_id)
        return assignment_of(row, lead_id)

    async def forget_explanations(self, *, older_than: timedelta, limit: int) -> int:
        """Forget why leads that are decided or erased went to their managers; return how many.

        Counted are rounds of the matcher, each forgotten with all leads of it or not at all.
        """
        status = await self._connection.execute(QUERIES["prune_matchings"], older_than, limit)
        return int(status.rpartition(" ")[2])

    async def created_at(self, lead_id: UUID) -> datetime:
        """Return how old a lead is, also an erased one that was waiting once."""
        created_at: datetime = await self._connection.fetchval(QUERIES["find_lead_age"], lead_id)
        return created_at

    async def count_worked(self) -> int:
        """Count the leads that have a work side."""
        return int(await self._connection.fetchval(QUERIES["count_worked_leads"]))

    async def last_id(self) -> UUID | None:
        """Return the greatest id of a lead."""
        last: UUID | None = await self._connection.fetchval(QUERIES["find_last_lead"])
        return last

    async def worked(self, *, after: UUID, up_to: UUID, limit: int) -> list[Lead]:
        """List leads that have a work side, by id."""
        rows = await self._connection.fetch(QUERIES["list_worked_leads"], after, up_to, limit)
        return [lead_of(row) for row in rows]

    async def _find(self, query: str, lead_id: UUID) -> Lead:
        row = await self._connection.fetchrow(QUERIES[query], lead_id)
        if row is None:
            raise LeadNotFoundError(lead_id)
        return lead_of(row)
