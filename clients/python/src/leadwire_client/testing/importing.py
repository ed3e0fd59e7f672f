"""The fake's imports: JSON, NDJSON and CSV in UTF-8, with a receipt for every row."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from leadwire_client.testing.refusal import Refusal
from leadwire_client.testing.state import State

JSON = dict[str, Any]

_NAMES: Final = {
    "name": "name",
    "firstname": "name",
    "familyname": "family_name",
    "lastname": "family_name",
    "email": "email",
    "email1": "email",
    "cellphone": "cellphone",
    "phone": "cellphone",
    "phone1": "cellphone",
    "mobile": "cellphone",
}
_INLINE: Final = 1000


def run_import(state: State, body: bytes, kind: str, query: Mapping[str, list[str]]) -> JSON:
    """Import a body; give the receipt, with all failures.

    Raises:
        Refusal: It cannot be read.
    """
    names = _NAMES | {
        _plain(each.partition(":")[2]): each.partition(":")[0] for each in query.get("map", [])
    }
    dry_run = query.get("dry_run") == ["true"]
    receipt: JSON = {
        "id": str(uuid4()),
        "status": "completed",
        "received": 0,
        "imported": 0,
        "failed": 0,
        "failures": [],
        "error": None,
        "progress": None,
        "dry_run": dry_run,
        "started_at": _now(),
    }
    for number, row in enumerate(_rows(body, kind), start=1):
        codes = _stored(state, _fields(row, names), receipt["id"], dry_run=dry_run)
        receipt["received"] += 1
        receipt["failed" if codes else "imported"] += 1
        if codes:
            failure = {"row": number, "codes": codes, "reason": ", ".join(codes)}
            receipt["failures"].append(_fields(row, names) | failure)
    url = None if dry_run else f"/v1/imports/{receipt['id']}/failures"
    return {**receipt, "finished_at": _now(), "failures_url": url}


def shown(receipt: JSON) -> JSON:
    """Give a receipt as it is answered, with the first failures."""
    return {**receipt, "failures": receipt["failures"][:_INLINE]}


def _rows(body: bytes, kind: str) -> Iterable[Mapping[str, Any]]:
    if not body.strip():
        raise Refusal(400, "empty_body")
    text = body.decode("utf-8-sig")
    if kind == "text/csv":
        return csv.DictReader(io.StringIO(text))
    if kind == "application/x-ndjson":
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    if kind == "application/json":
        found = json.loads(text)
        rows: list[JSON] = found["leads"] if isinstance(found, dict) else found
        return rows
    raise Refusal(415, "unsupported_media_type")


def _fields(row: Mapping[str, Any], names: Mapping[str, str]) -> JSON:
    found = dict.fromkeys(("name", "family_name", "email", "cellphone"))
    return found | {names[_plain(key)]: row[key] for key in row if _plain(key) in names}


def _stored(state: State, fields: JSON, import_id: str, *, dry_run: bool) -> list[str]:
    """Store a row, or give the codes of what is wrong with it."""
    missing = [f"{name}_missing" for name, value in fields.items() if not value]
    if missing:
        return missing
    if "@" not in fields["email"]:
        return ["email_invalid"]
    if dry_run:
        return []
    try:
        state.add_lead(fields, origin="import", import_id=import_id)
    except Refusal as refusal:
        return [refusal.code]
    return []


def _plain(name: str | None) -> str:
    return "".join(each for each in (name or "").lower() if each.isalnum())


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
