"""What several events say together: of each lead and manager the newest, whatever came first."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from stream_svc.domain.lead import ContactSide, Lead, WorkSide


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerName:
    """What a lead manager is called.

    Attributes:
        rev: Of the manager's record; 0 if only a lead's event called him so.
    """

    name: str
    rev: int


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What is new, by ids.

    Attributes:
        contacts: Contact sides of leads.
        works: Work sides of leads; the manager's name as their events have it.
        erased: Leads that are erased, with the `rev` of that.
        managers: Managers' records.
    """

    contacts: Mapping[UUID, ContactSide] = field(default_factory=dict)
    works: Mapping[UUID, WorkSide] = field(default_factory=dict)
    erased: Mapping[UUID, int] = field(default_factory=dict)
    managers: Mapping[UUID, ManagerName] = field(default_factory=dict)

    @property
    def names(self) -> Mapping[UUID, ManagerName]:
        """All that is said of managers' names; a record of the manager overrules a lead's event."""
        said = {
            side.manager_id: ManagerName(name=side.manager_name or "", rev=0)
            for side in self.works.values()
            if side.manager_id is not None
        }
        return {**said, **self.managers}

    @property
    def leads(self) -> set[UUID]:
        """The leads of which something is said."""
        return {*self.contacts, *self.works, *self.erased}

    def change(self, lead: Lead, names: Mapping[UUID, str]) -> Lead:
        """Give what becomes of a lead; the lead itself if nothing does.

        Args:
            lead: As it is.
            names: What the managers of `names` are called.
        """
        if (contact := self.contacts.get(lead.id)) is not None:
            lead = lead.with_contact(contact)
        if (work := self.works.get(lead.id)) is not None:
            lead = lead.with_work(_named(work, names))
        lead = self._with_new_name(lead, names)
        if (rev := self.erased.get(lead.id)) is not None:
            lead = lead.erased(rev)
        return lead

    def _with_new_name(self, lead: Lead, names: Mapping[UUID, str]) -> Lead:
        manager_id = lead.work.manager_id if lead.work is not None else None
        if manager_id is None or manager_id not in self.managers:
            return lead
        return lead.with_manager_name(manager_id, names[manager_id])


def _named(work: WorkSide, names: Mapping[UUID, str]) -> WorkSide:
    return work if work.manager_id is None else replace(work, manager_name=names[work.manager_id])
