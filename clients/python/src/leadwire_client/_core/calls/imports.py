"""What is asked about imports."""

from collections.abc import Mapping

from leadwire_client._core.calls.making import Id, get, new_key, path_of, reader, write
from leadwire_client._core.decoding import LINES
from leadwire_client._core.wire import Call, Query, Request
from leadwire_client.models import Page, Receipt
from leadwire_client.uploads import Upload


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
    return Call(request=request, read=reader(Receipt), repeatable=True)


def receipt(import_id: Id) -> Call[Receipt]:
    """Read the receipt of an import as it stands."""
    return get(path_of("imports", import_id), Receipt)


def imports(*, at: Query) -> Call[Page[Receipt]]:
    """Read a page of imports."""
    return get("/v1/imports", Page[Receipt], at)


def cancel_import(import_id: Id) -> Call[Receipt]:
    """Cancel a running import."""
    return write("POST", path_of("imports", import_id, "cancel"), Receipt)


def failures(import_id: Id) -> Request:
    """Ask for every failure, line by line."""
    path = path_of("imports", import_id, "failures")
    return Request(method="GET", path=path, headers={"Accept": LINES})
