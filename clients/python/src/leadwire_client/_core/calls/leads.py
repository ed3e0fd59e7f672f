"""What is asked about leads."""

from collections.abc import Mapping
from typing import Final

from leadwire_client._core.calls.making import (
    Id,
    delete,
    fields,
    get,
    matching,
    new_key,
    path_of,
    query_of,
    read,
    reader,
    write,
)
from leadwire_client._core.decoding import read_as
from leadwire_client._core.resumes import read_resume, resume_body
from leadwire_client._core.wire import Answer, Call, Query, Request
from leadwire_client.explanations import Assignment
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

_RECEIVED: Final = "received"
"""In the place of a lead's status."""


def lead(lead_id: Id, *, at_least: str | None) -> Call[Lead]:
    """Read a lead."""
    return get(path_of("leads", lead_id), Lead, query_of(at_least=at_least))


def leads(filters: Query, *, q: str | None, sort: str | None, at: Query) -> Call[Page[Lead]]:
    """Read a page of leads."""
    return get("/v1/leads", Page[Lead], (*filters, *query_of(q=q, sort=sort), *at))


def count_leads(filters: Query, *, q: str | None) -> Call[LeadCounts]:
    """Count leads."""
    return get("/v1/leads/count", LeadCounts, (*filters, *query_of(q=q)))


def create_lead(
    data: Mapping[str, object], *, resume: NewResume | None, key: str | None
) -> Call[LeadContact | LeadReceived]:
    """Create a lead, as the public form does."""
    content_type, body = resume_body(data, resume)
    headers = {"Content-Type": content_type, "Idempotency-Key": key or new_key()}
    request = Request(method="POST", path="/v1/leads", headers=headers, body=body)
    return Call(request=request, read=_read_created, repeatable=True)


def change_lead(
    lead_id: Id, changes: Mapping[str, object], *, if_match: str | None
) -> Call[LeadContact]:
    """Change contact data."""
    path = path_of("leads", lead_id)
    return write("PATCH", path, LeadContact, body=changes, headers=matching(if_match))


def erase_lead(lead_id: Id, *, if_match: str | None) -> Call[None]:
    """Erase a lead."""
    return delete(path_of("leads", lead_id), headers=matching(if_match))


def resume(lead_id: Id) -> Call[Resume | ResumeLink]:
    """Download a lead's resume."""
    return read(path_of("leads", lead_id, "resume"), read_resume)


def replace_resume(lead_id: Id, new: NewResume, *, if_match: str | None) -> Call[LeadContact]:
    """Replace a lead's resume."""
    content_type, body = resume_body({}, new)
    request = Request(
        method="PUT",
        path=path_of("leads", lead_id, "resume"),
        headers={"Content-Type": content_type, **matching(if_match)},
        body=body,
    )
    return Call(request=request, read=reader(LeadContact), repeatable=True)


def history(lead_id: Id, *, at: Query) -> Call[Page[HistoryEntry]]:
    """Read a page of what happened to a lead."""
    return get(path_of("leads", lead_id, "history"), Page[HistoryEntry], at)


def assignment(lead_id: Id) -> Call[Assignment]:
    """Read why a lead went to its manager."""
    return get(path_of("leads", lead_id, "assignment"), Assignment)


def mark(lead_id: Id, status: str, *, reason: str | None, if_match: str | None) -> Call[Marked]:
    """Mark a lead."""
    path = path_of("leads", lead_id, "status")
    body = fields(status=str(status), reason=reason)
    return write("PUT", path, Marked, body=body, headers=matching(if_match))


def assign(
    lead_id: Id, manager_id: Id, *, reassign: bool, reason: str | None, if_match: str | None
) -> Call[LeadWork]:
    """Give a lead to a manager."""
    path = path_of("leads", lead_id, "assignee")
    body = fields(manager_id=str(manager_id), reassign=reassign, reason=reason)
    return write("PUT", path, LeadWork, body=body, headers=matching(if_match))


def release(
    lead_id: Id, *, manager_id: Id | None, reason: str | None, if_match: str | None
) -> Call[LeadWork]:
    """Give a lead back."""
    path = path_of("leads", lead_id, "assignee")
    query = query_of(manager_id=manager_id, reason=reason)
    return write("DELETE", path, LeadWork, query=query, headers=matching(if_match))


def _read_created(answer: Answer) -> LeadContact | LeadReceived:
    received = read_as(LeadReceived, answer)
    return received if received.status == _RECEIVED else read_as(LeadContact, answer)
