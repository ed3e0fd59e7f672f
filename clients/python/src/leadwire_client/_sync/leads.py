"""Leads, for a client that blocks."""

from collections.abc import Iterator, Mapping
from typing import Unpack

from leadwire_client._core.calls import leads as calls
from leadwire_client._core.calls.making import Id, fields, place
from leadwire_client._sync.caller import Caller
from leadwire_client.explanations import Assignment
from leadwire_client.filters import Filters, as_query
from leadwire_client.models import (
    HistoryEntry,
    Lead,
    LeadContact,
    LeadCounts,
    LeadReceived,
    LeadWork,
    Marked,
    Page,
)
from leadwire_client.resumes import NewResume, Resume, ResumeLink


class LeadOperations(Caller):
    """What can be asked about leads."""

    def lead(self, lead_id: Id, *, at_least: str | None = None) -> Lead:
        """Read a lead.

        Args:
            lead_id: Which.
            at_least: Wait until it has reached this state, as a write's `tags` name it.
        """
        return self._run(calls.lead(lead_id, at_least=at_least))

    def leads(
        self, *, q: str | None = None, sort: str | None = None, **filters: Unpack[Filters]
    ) -> Iterator[Lead]:
        """Give all leads that match, page by page as they are asked for.

        Args:
            q: What name, family name or email begins with.
            sort: `created_at` (the default), `updated_at`, `name` or `email`; with a minus the
                other way round.
            filters: Which leads.
        """
        query = as_query(filters)
        return self._all(lambda at: calls.leads(query, q=q, sort=sort, at=at))

    def leads_page(
        self,
        *,
        cursor: str | None = None,
        limit: int = 100,
        q: str | None = None,
        sort: str | None = None,
        **filters: Unpack[Filters],
    ) -> Page[Lead]:
        """Give one page of the leads that match."""
        at = place(cursor, limit)
        return self._run(calls.leads(as_query(filters), q=q, sort=sort, at=at))

    def count_leads(self, *, q: str | None = None, **filters: Unpack[Filters]) -> LeadCounts:
        """Count the leads that match."""
        return self._run(calls.count_leads(as_query(filters), q=q))

    def create_lead(
        self,
        *,
        name: str,
        family_name: str,
        email: str,
        cellphone: str | None = None,
        resume: NewResume | None = None,
        idempotency_key: str | None = None,
    ) -> LeadContact | LeadReceived:
        """Create a lead, as the public form does.

        A server that conceals who is known tells a client without a role that brings leads no more
        than that it was received.

        Args:
            name: First name.
            family_name: Family name.
            email: Unlike that of any other lead.
            cellphone: E.164; unlike that of any other lead.
            resume: A file, or the path of one; or else text, or a link.
            idempotency_key: A name of this request; one is made by default.
        """
        data = fields(name=name, family_name=family_name, email=email, cellphone=cellphone)
        return self._run(calls.create_lead(data, resume=resume, key=idempotency_key))

    def change_lead(
        self, lead_id: Id, changes: Mapping[str, object], *, if_match: str | None = None
    ) -> LeadContact:
        """Change contact data.

        Args:
            lead_id: Which.
            changes: By field; what is left out stays. None removes.
            if_match: Only if this is its state, as `contact-3`.
        """
        return self._run(calls.change_lead(lead_id, changes, if_match=if_match))

    def erase_lead(self, lead_id: Id, *, if_match: str | None = None) -> None:
        """Erase a lead's personal data everywhere."""
        self._run(calls.erase_lead(lead_id, if_match=if_match))

    def resume(self, lead_id: Id) -> Resume | ResumeLink:
        """Download a lead's resume."""
        return self._run(calls.resume(lead_id))

    def replace_resume(
        self, lead_id: Id, new: NewResume, *, if_match: str | None = None
    ) -> LeadContact:
        """Replace a lead's resume, or give it its first one.

        Args:
            lead_id: Whose.
            new: A file, or the path of one; or else text, or a link.
            if_match: Only if this is the lead's state, as `contact-3`.
        """
        return self._run(calls.replace_resume(lead_id, new, if_match=if_match))

    def history(self, lead_id: Id) -> Iterator[HistoryEntry]:
        """Give what happened to a lead, oldest first."""
        return self._all(lambda at: calls.history(lead_id, at=at))

    def assignment(self, lead_id: Id) -> Assignment:
        """Say why a lead went to its manager.

        Raises:
            NotFoundError: Nobody ever got it, or the explanation is kept no more.
        """
        return self._run(calls.assignment(lead_id))

    def mark(
        self,
        lead_id: Id,
        status: str,
        *,
        reason: str | None = None,
        if_match: str | None = None,
    ) -> Marked:
        """Mark a lead; a decision frees its manager, who takes the next one at once.

        Args:
            lead_id: Which.
            status: A `LeadStatus`.
            reason: Why, for the history; needed to correct a decision.
            if_match: Only if this is its state, as `work-7`.
        """
        return self._run(calls.mark(lead_id, status, reason=reason, if_match=if_match))

    def assign(
        self,
        lead_id: Id,
        manager_id: Id,
        *,
        reassign: bool = False,
        reason: str | None = None,
        if_match: str | None = None,
    ) -> LeadWork:
        """Give a lead to a manager; with `reassign` also if another one holds it."""
        return self._run(
            calls.assign(lead_id, manager_id, reassign=reassign, reason=reason, if_match=if_match)
        )

    def release(
        self,
        lead_id: Id,
        *,
        manager_id: Id | None = None,
        reason: str | None = None,
        if_match: str | None = None,
    ) -> LeadWork:
        """Give a lead back: it waits again at its old age.

        Args:
            lead_id: Which.
            manager_id: Only from him; by default from whoever holds it.
            reason: Why, for the history.
            if_match: Only if this is its state, as `work-7`.
        """
        return self._run(
            calls.release(lead_id, manager_id=manager_id, reason=reason, if_match=if_match)
        )
