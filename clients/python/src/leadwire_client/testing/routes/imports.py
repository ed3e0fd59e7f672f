"""What the fake does about imports."""

from collections.abc import Sequence
from typing import Final

from leadwire_client.testing.importing import run_import, shown
from leadwire_client.testing.refusal import Refusal, not_found
from leadwire_client.testing.routes.paging import JSON, Reply, Route, page
from leadwire_client.testing.seen import Seen
from leadwire_client.testing.state import State


def _add_import(state: State, request: Seen) -> Reply:
    kind = request.headers.get("content-type", "").partition(";")[0]
    receipt = run_import(state, request.body, kind, request.queries)
    if receipt["dry_run"]:
        return 200, shown(receipt)
    if request.headers.get("prefer") == "respond-async":
        done = len(request.body)
        progress = {"bytes_done": 0, "bytes_total": done}
        running = {"status": "running", "finished_at": None, "progress": progress}
        state.imports[receipt["id"]] = {**receipt, **running, "then": receipt}
        return 202, {**shown(receipt), **running}
    state.imports[receipt["id"]] = receipt
    return 200, shown(receipt)


def import_of(state: State, import_id: str) -> JSON:
    """Give an import.

    Raises:
        Refusal: There is none.
    """
    if import_id not in state.imports:
        raise not_found("import")
    return state.imports[import_id]


def _receipt(state: State, _: Seen, import_id: str) -> Reply:
    receipt = dict(import_of(state, import_id))
    # A background import has come to its end when it is looked at the second time.
    state.imports[import_id] = receipt.pop("then", receipt)
    return 200, shown(receipt)


def _cancel(state: State, _: Seen, import_id: str) -> Reply:
    receipt = dict(import_of(state, import_id))
    if receipt["status"] in {"completed", "failed"}:
        raise Refusal(409, "import_ended")
    state.imports[import_id] = {**receipt.pop("then", receipt), "status": "cancelled"}
    return 200, shown(state.imports[import_id])


_IMPORT: Final = r"/v1/imports/([^/]+)"
ROUTES: Final[Sequence[Route]] = (
    ("POST", "/v1/imports", _add_import),
    ("GET", "/v1/imports", lambda s, asked: page(list(s.imports.values())[::-1], asked.query)),
    ("GET", _IMPORT, _receipt),
    ("POST", f"{_IMPORT}/cancel", _cancel),
)
