"""A lead's contact side, as this service owns it, and what an erasure leaves of it."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from leadwire.contracts.tags import contact_tag
from leadwire.contracts.vocabulary import Origin


class Lead(NamedTuple):
    """A stored lead; a named tuple because an import makes one per row.

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


class Tombstone(NamedTuple):
    """What is left of an erased lead.

    Attributes:
        rev: Of its end; greater than any that the lead had.
    """

    id: UUID
    rev: int
