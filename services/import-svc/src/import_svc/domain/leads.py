"""A lead's contact side, as this service owns it, and what an erasure leaves of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from leadwire.contracts.tags import contact_tag
from leadwire.contracts.vocabulary import Origin


class Lead(NamedTuple):
    """A stored lead.

    Attributes:
        email_key: What the email is unique by.
        cellphone: E.164; None only for a lead from the form.
        attributes: JSON object of the columns that are no lead field.
        rev: 1 when created; grows with every change.
    """

    id: UUID
    name: str
    family_name: str
    email: str
    email_key: str
    cellphone: str | None
    attributes: str
    origin: Origin
    import_id: UUID | None
    created_at: datetime
    updated_at: datetime
    rev: int
    has_resume: bool = False

    @property
    def tag(self) -> str:
        """Name of this version."""
        return contact_tag(self.rev)

    @property
    def changed(self) -> bool:
        """Whether it is not any more as it was created."""
        return self.rev > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLeads:
    """Leads that came together, by column: the n-th value of each is the n-th lead's.

    What has no column is the same of all; each has its first `rev`.

    Attributes:
        ids: Grow in the order of the leads.
        import_id: The import that they came with, if they did.
    """

    ids: Sequence[UUID]
    names: Sequence[str]
    family_names: Sequence[str]
    emails: Sequence[str]
    email_keys: Sequence[str]
    cellphones: Sequence[str | None]
    attributes: Sequence[str]
    origin: Origin
    import_id: UUID | None
    created_at: datetime
    has_resume: bool = False

    @classmethod
    def of(cls, *leads: Lead) -> "NewLeads":
        """Return leads, at least one, that agree in all that has no column."""
        first = leads[0]
        return cls(
            ids=[lead.id for lead in leads],
            names=[lead.name for lead in leads],
            family_names=[lead.family_name for lead in leads],
            emails=[lead.email for lead in leads],
            email_keys=[lead.email_key for lead in leads],
            cellphones=[lead.cellphone for lead in leads],
            attributes=[lead.attributes for lead in leads],
            origin=first.origin,
            import_id=first.import_id,
            created_at=first.created_at,
            has_resume=first.has_resume,
        )


class Tombstone(NamedTuple):
    """What is left of an erased lead.

    Attributes:
        rev: Of its end; greater than any that the lead had.
    """

    id: UUID
    rev: int
