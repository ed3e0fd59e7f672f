"""Rows of the table `leads`, to and from what the domain calls a lead."""

from collections.abc import Sequence

import orjson
from asyncpg import Record

from stream_svc.domain.document import document_of
from stream_svc.domain.facets import facets_of
from stream_svc.domain.lead import ContactSide, Lead, Status, WorkSide
from stream_svc.domain.text_keys import text_key


def lead_of(row: Record) -> Lead:
    """Read a row of `lock_leads`."""
    if row["erased"]:
        return Lead(id=row["id"], erased_rev=row["contact_rev"], erased_work_rev=row["work_rev"])
    return Lead(id=row["id"], contact=_contact_of(row), work=_work_of(row))


def columns_of(leads: Sequence[Lead]) -> list[list[object]]:
    """Give the parameters of `insert_leads` and `update_leads`: one list per column."""
    return [list(column) for column in zip(*map(_values_of, leads), strict=True)]


def document_if_visible(lead: Lead) -> str | None:
    """Give the lead's JSON; None if readers do not see it."""
    return document_of(lead) if lead.visible else None


def _contact_of(row: Record) -> ContactSide | None:
    if row["contact_rev"] == 0:
        return None
    return ContactSide(
        rev=row["contact_rev"],
        name=row["name"],
        family_name=row["family_name"],
        email=row["email"],
        cellphone=row["cellphone"],
        attributes=orjson.loads(row["attributes"]),
        origin=row["origin"],
        import_id=row["import_id"],
        has_resume=row["has_resume"],
        created_at=row["created_at"],
        updated_at=row["contact_updated_at"],
    )


def _work_of(row: Record) -> WorkSide | None:
    if row["work_rev"] == 0:
        return None
    return WorkSide(
        rev=row["work_rev"],
        status=Status(row["status"]),
        manager_id=row["manager_id"],
        manager_name=row["manager_name"],
        assigned_at=row["assigned_at"],
        decided_at=row["decided_at"],
        updated_at=row["work_updated_at"],
    )


def _values_of(lead: Lead) -> tuple[object, ...]:
    facets = facets_of(lead)
    return (
        lead.id,
        *_contact_values(lead),
        *_work_values(lead),
        lead.erased_rev is not None,
        facets.email_domain if facets is not None else None,
        *_text_keys(lead.contact),
        lead.rev,
        document_if_visible(lead),
    )


def _contact_values(lead: Lead) -> tuple[object, ...]:
    contact = lead.contact
    if contact is None:
        return (lead.contact_rev, *(None,) * 10)
    return (
        contact.rev,
        contact.name,
        contact.family_name,
        contact.email,
        contact.cellphone,
        orjson.dumps(contact.attributes).decode(),
        contact.origin,
        contact.import_id,
        contact.has_resume,
        contact.created_at,
        contact.updated_at,
    )


def _text_keys(contact: ContactSide | None) -> tuple[str | None, ...]:
    if contact is None:
        return (None,) * 3
    return (
        text_key(f"{contact.name} {contact.family_name}"),
        text_key(f"{contact.family_name} {contact.name}"),
        text_key(contact.email),
    )


def _work_values(lead: Lead) -> tuple[object, ...]:
    work = lead.work
    if work is None:
        return (lead.work_rev, Status.PENDING.value, *(None,) * 5)
    return (
        work.rev,
        work.status.value,
        work.manager_id,
        work.manager_name,
        work.assigned_at,
        work.decided_at,
        work.updated_at,
    )
