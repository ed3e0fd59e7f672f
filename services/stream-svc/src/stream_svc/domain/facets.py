"""What filters look at: the few facts of a lead by which readers choose.

The change log keeps them as they were before and after each change, so that a follower
can be told whether a lead entered its filter, changed inside it, or left it, without a
look at the lead's personal data.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from stream_svc.domain.lead import Lead, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """The facts of one visible lead. Names are those of the projection's columns."""

    status: Status
    manager_id: UUID | None
    origin: str
    import_id: UUID | None
    email_domain: str
    created_at: datetime

    def to_json(self) -> str:
        """Give the facts as the change log stores them."""
        return orjson.dumps(
            {
                "status": self.status,
                "manager_id": _text(self.manager_id),
                "origin": self.origin,
                "import_id": _text(self.import_id),
                "email_domain": self.email_domain,
                "created_at": self.created_at,
            }
        ).decode()

    @classmethod
    def from_json(cls, text: str) -> "Facets":
        """Read what `to_json` gave."""
        found = orjson.loads(text)
        return cls(
            status=Status(found["status"]),
            manager_id=_uuid(found["manager_id"]),
            origin=found["origin"],
            import_id=_uuid(found["import_id"]),
            email_domain=found["email_domain"],
            created_at=datetime.fromisoformat(found["created_at"]),
        )


def facets_of(lead: Lead) -> Facets | None:
    """Give a lead's facts; None if readers do not see it."""
    contact = lead.contact
    if contact is None:
        return None
    return Facets(
        status=lead.work.status if lead.work is not None else Status.PENDING,
        manager_id=lead.work.manager_id if lead.work is not None else None,
        origin=contact.origin,
        import_id=contact.import_id,
        email_domain=contact.email.rpartition("@")[2].lower(),
        created_at=contact.created_at,
    )


def _text(identity: UUID | None) -> str | None:
    return None if identity is None else str(identity)


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
