"""Every operation, as a call: what is asked, and what the answer means."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import quote
from uuid import UUID, uuid4

from leadwire_client._core.decoding import LINES, encode, read_as
from leadwire_client._core.wire import Answer, Call, Query, Request
from leadwire_client.models import (
    HistoryEntry,
    Lead,
    LeadContact,
    LeadCounts,
    LeadWork,
    Manager,
    Marked,
    Page,
    Receipt,
)
from leadwire_client.uploads import Upload

T = TypeVar("T")
Id = UUID | str

_JSON: Final = {"Content-Type": "application/json"}


def lead(lead_id: Id, *, at_least: str | None) -> Call[Lead]:
    """Read a lead."""
    query = () if at_least is None else (("at_least", at_least),)
    return _get(_path("leads", lead_id), Lead, query)


def leads(filters: Query, *, cursor: str | None, limit: int) -> Call[Page[Lead]]:
    """Read a page of leads."""
    return _get("/v1/leads", Page[Lead], (*filters, *_place(cursor, limit)))


def count_leads(filters: Query) -> Call[LeadCounts]:
    """Count leads."""
    return _get("/v1/leads/count", LeadCounts, filters)


def create_lead(fields: Mapping[str, object], *, key: str | None) -> Call[LeadContact]:
    """Create a lead, as the public form does."""
    headers = {"Idempotency-Key": key or new_key()}
    return _write("POST", "/v1/leads", LeadContact, body=fields, headers=headers)


def change_lead(
    lead_id: Id, changes: Mapping[str, object], *, if_match: str | None
) -> Call[LeadContact]:
    """Change contact data."""
    path = _path("leads", lead_id)
    return _write("PATCH", path, LeadContact, body=changes, headers=_matching(if_match))


def erase_lead(lead_id: Id, *, if_match: str | None) -> Call[None]:
    """Erase a lead."""
    return _delete(_path("leads", lead_id), headers=_matching(if_match))


def history(lead_id: Id, *, cursor: str | None, limit: int) -> Call[Page[HistoryEntry]]:
    """Read a page of what happened to a lead."""
    return _get(_path("leads", lead_id, "history"), Page[HistoryEntry], _place(cursor, limit))


def mark(lead_id: Id, status: str, *, if_match: str | None) -> Call[Marked]:
    """Mark a lead."""
    path = _path("leads", lead_id, "status")
    body = {"status": str(status)}
    return _write("PUT", path, Marked, body=body, headers=_matching(if_match))


def assign(lead_id: Id, manager_id: Id, *, reassign: bool, if_match: str | None) -> Call[LeadWork]:
    """Give a lead to a manager."""
    path = _path("leads", lead_id, "assignee")
    body = {"manager_id": str(manager_id), "reassign": reassign}
    return _write("PUT", path, LeadWork, body=body, headers=_matching(if_match))


def release(lead_id: Id, *, if_match: str | None) -> Call[LeadWork]:
    """Give a lead back."""
    path = _path("leads", lead_id, "assignee")
    return _write("DELETE", path, LeadWork, headers=_matching(if_match))


def managers(
    *, q: str | None, state: str | None, cursor: str | None, limit: int
) -> Call[Page[Manager]]:
    """Read a page of lead managers."""
    wanted = {"q": q, "state": state}
    query = tuple((name, str(value)) for name, value in wanted.items() if value is not None)
    return _get("/v1/managers", Page[Manager], (*query, *_place(cursor, limit)))


def manager(manager_id: Id) -> Call[Manager]:
    """Read a lead manager."""
    return _get(_path("managers", manager_id), Manager)


def add_manager(fields: Mapping[str, object]) -> Call[Manager]:
    """Add a lead manager."""
    return _write("POST", "/v1/managers", Manager, body=fields, repeatable=False)


def change_manager(manager_id: Id, changes: Mapping[str, object]) -> Call[Manager]:
    """Change a lead manager."""
    return _write("PATCH", _path("managers", manager_id), Manager, body=changes)


def remove_manager(manager_id: Id) -> Call[None]:
    """Remove a lead manager."""
    return _delete(_path("managers", manager_id))


def pause_manager(manager_id: Id) -> Call[Manager]:
    """Let a manager get nothing new."""
    return _write("POST", _path("managers", manager_id, "pause"), Manager)


def resume_manager(manager_id: Id) -> Call[Manager]:
    """Let a paused manager get leads again."""
    return _write("POST", _path("managers", manager_id, "resume"), Manager)


def next_lead(manager_id: Id, *, key: str | None) -> Call[LeadWork]:
    """Take the oldest waiting lead. The key makes a second try give the same one."""
    path = _path("managers", manager_id, "next-lead")
    return _write("POST", path, LeadWork, headers={"Idempotency-Key": key or new_key()})


def import_leads(
    upload: Upload,
    *,
    region: str | None,
    columns: Mapping[str, str],
    dry_run: bool,
    background: bool,
    key: str | None,
    within: float,
) -> Call[Receipt]:
    """Import leads. The key makes a second try safe, whatever became of the first."""
    query = [("map", f"{field}:{column}") for field, column in columns.items()]
    if region is not None:
        query.append(("region", region))
    if dry_run:
        query.append(("dry_run", "true"))
    headers = {"Content-Type": upload.content_type, "Idempotency-Key": key or new_key()}
    if upload.encoding is not None:
        headers["Content-Encoding"] = upload.encoding
    if background:
        headers["Prefer"] = "respond-async"
    request = Request(
        method="POST",
        path="/v1/imports",
        query=tuple(query),
        headers=headers,
        body=upload,
        within=within,
    )
    return Call(request=request, read=_reader(Receipt), repeatable=True)


def receipt(import_id: Id) -> Call[Receipt]:
    """Read the receipt of an import as it stands."""
    return _get(_path("imports", import_id), Receipt)


def imports(*, cursor: str | None, limit: int) -> Call[Page[Receipt]]:
    """Read a page of imports."""
    return _get("/v1/imports", Page[Receipt], _place(cursor, limit))


def cancel_import(import_id: Id) -> Call[Receipt]:
    """Cancel a running import."""
    return _write("POST", _path("imports", import_id, "cancel"), Receipt)


def failures(import_id: Id) -> Request:
    """Ask for every failure, line by line."""
    path = _path("imports", import_id, "failures")
    return Request(method="GET", path=path, headers={"Accept": LINES})


def new_key() -> str:
    """Give an idempotency key that nobody has used."""
    return str(uuid4())


def _get(path: str, kind: type[T], query: Query = ()) -> Call[T]:
    request = Request(method="GET", path=path, query=query)
    return Call(request=request, read=_reader(kind), repeatable=True)


def _write(
    method: str,
    path: str,
    kind: type[T],
    *,
    body: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
    repeatable: bool = True,
) -> Call[T]:
    content = None if body is None else encode(body)
    described = _JSON if body is not None else {}
    request = Request(
        method=method, path=path, headers={**described, **(headers or {})}, body=content
    )
    return Call(request=request, read=_reader(kind), repeatable=repeatable)


def _delete(path: str, *, headers: Mapping[str, str] | None = None) -> Call[None]:
    request = Request(method="DELETE", path=path, headers=headers or {})
    return Call(request=request, read=lambda _: None, repeatable=True)


def _reader(kind: type[T]) -> Callable[[Answer], T]:
    return lambda answer: read_as(kind, answer)


def _path(collection: str, identity: Id, *rest: str) -> str:
    return "/".join(["/v1", collection, quote(str(identity), safe=""), *rest])


def _place(cursor: str | None, limit: int) -> Query:
    place: Query = (("limit", str(limit)),)
    return place if cursor is None else (*place, ("cursor", cursor))


def _matching(tag: str | None) -> dict[str, str]:
    """Name the state to be changed; tags are written without quotes everywhere else."""
    return {} if tag is None else {"If-Match": f'"{tag}"'}


def fields(**values: Any) -> dict[str, object]:
    """Give those that are not None."""
    return {name: value for name, value in values.items() if value is not None}
