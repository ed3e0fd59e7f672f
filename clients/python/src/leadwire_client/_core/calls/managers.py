"""What is asked about lead managers."""

from collections.abc import Mapping

from leadwire_client._core.calls.making import (
    Id,
    delete,
    get,
    new_key,
    path_of,
    query_of,
    reader,
    write,
)
from leadwire_client._core.wire import Call, Query, Request
from leadwire_client.explanations import Removal
from leadwire_client.models import LeadWork, Manager, Page


def managers(*, q: str | None, state: str | None, at: Query) -> Call[Page[Manager]]:
    """Read a page of lead managers."""
    return get("/v1/managers", Page[Manager], (*query_of(q=q, state=state), *at))


def manager(manager_id: Id) -> Call[Manager]:
    """Read a lead manager."""
    return get(path_of("managers", manager_id), Manager)


def add_manager(fields: Mapping[str, object]) -> Call[Manager]:
    """Add a lead manager."""
    return write("POST", "/v1/managers", Manager, body=fields, repeatable=False)


def change_manager(manager_id: Id, changes: Mapping[str, object]) -> Call[Manager]:
    """Change a lead manager."""
    return write("PATCH", path_of("managers", manager_id), Manager, body=changes)


def remove_manager(manager_id: Id) -> Call[None]:
    """Remove a lead manager."""
    return delete(path_of("managers", manager_id))


def preview_removal(manager_id: Id) -> Call[Removal]:
    """Ask what would happen if a lead manager was removed now."""
    request = Request(
        method="DELETE", path=path_of("managers", manager_id), query=query_of(dry_run="true")
    )
    return Call(request=request, read=reader(Removal), repeatable=True)


def restore_manager(manager_id: Id) -> Call[Manager]:
    """Take a removal back."""
    return write("POST", path_of("managers", manager_id, "restore"), Manager)


def pause_manager(manager_id: Id) -> Call[Manager]:
    """Let a manager get nothing new."""
    return write("POST", path_of("managers", manager_id, "pause"), Manager)


def resume_manager(manager_id: Id) -> Call[Manager]:
    """Let a paused manager get leads again."""
    return write("POST", path_of("managers", manager_id, "resume"), Manager)


def next_lead(manager_id: Id, *, key: str | None) -> Call[LeadWork]:
    """Take the oldest waiting lead. The key makes a second try give the same one."""
    path = path_of("managers", manager_id, "next-lead")
    return write("POST", path, LeadWork, headers={"Idempotency-Key": key or new_key()})
