"""A lead as read: the JSON that every reader gets, made once when the lead changes."""

import orjson

from leadwire.contracts.tags import contact_tag, work_tag
from stream_svc.domain.lead import Lead, Status, WorkSide


class InvisibleLeadError(Exception):
    """A lead without a contact side has nothing to be read."""


def document_of(lead: Lead) -> str:
    """Give the JSON of a visible lead, ready to be sent.

    Ids are written by `str`: those that come from the driver are of a subclass of `UUID`
    that the encoder does not take.

    Raises:
        InvisibleLeadError: Its contact side has not come yet, or it was erased.
    """
    contact, work = lead.contact, lead.work
    if contact is None:
        raise InvisibleLeadError(str(lead.id))
    return orjson.dumps(
        {
            "id": str(lead.id),
            "name": contact.name,
            "family_name": contact.family_name,
            "email": contact.email,
            "cellphone": contact.cellphone,
            "status": work.status if work is not None else Status.PENDING,
            "manager": _manager_of(work),
            "origin": contact.origin,
            "import_id": str(contact.import_id) if contact.import_id is not None else None,
            "attributes": contact.attributes,
            "has_resume": contact.has_resume,
            "created_at": contact.created_at,
            "updated_at": max(contact.updated_at, work.updated_at) if work else contact.updated_at,
            "rev": lead.rev,
            "tags": {
                "contact": contact_tag(contact.rev),
                "work": work_tag(work.rev) if work is not None else None,
            },
        },
        option=orjson.OPT_UTC_Z,
    ).decode()


def _manager_of(work: WorkSide | None) -> dict[str, object] | None:
    if work is None or work.manager_id is None:
        return None
    return {"id": str(work.manager_id), "name": work.manager_name}
