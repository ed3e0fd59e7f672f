"""Who may do what here."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from leadwire.testing.access import Keyring, keyring_in, walk

if TYPE_CHECKING:
    from conftest import StartService

ADMIN: frozenset[str] = frozenset()
READERS = frozenset({"manager", "reader"})

RULES = {
    "GET /v1/leads/stream": READERS,
    "GET /v1/leads": READERS,
    "GET /v1/leads/count": READERS,
    "GET /v1/leads/{lead_id}": READERS,
    "GET /v1/ops/stream-svc/status": ADMIN,
    "GET /v1/ops/stream-svc/parked": ADMIN,
    "GET /v1/ops/stream-svc/parked/{parked_id}": ADMIN,
    "GET /v1/ops/stream-svc/decisions": ADMIN,
    "POST /v1/ops/stream-svc/parked/requeue": ADMIN,
    "POST /v1/ops/stream-svc/parked/{parked_id}/requeue": ADMIN,
    "DELETE /v1/ops/stream-svc/parked/{parked_id}": ADMIN,
}


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return keyring_in(tmp_path)


async def test_every_route_lets_in_whom_it_should_by_every_way_and_nobody_else(
    start_service: "StartService", keyring: Keyring
) -> None:
    service = await start_service(**keyring.settings)
    await walk(service.client, keyring, RULES)
