"""Who may do what here."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from leadwire.testing.access import Keyring, keyring_in, walk

if TYPE_CHECKING:
    from conftest import Office

ADMIN: frozenset[str] = frozenset()

RULES = {
    "GET /v1/journal": ADMIN,
    "GET /v1/journal/count": ADMIN,
    "GET /v1/deliveries": ADMIN,
    "POST /v1/deliveries/{delivery_id}/retry": ADMIN,
    "POST /v1/deliveries/{delivery_id}/discard": ADMIN,
    "POST /v1/webhooks/{webhook_id}/discard": ADMIN,
    "POST /v1/replays": ADMIN,
    "GET /v1/replays": ADMIN,
    "GET /v1/replays/{replay_id}": ADMIN,
    "POST /v1/replays/{replay_id}/cancel": ADMIN,
    "POST /v1/webhooks": ADMIN,
    "GET /v1/webhooks": ADMIN,
    "GET /v1/webhooks/{webhook_id}": ADMIN,
    "PATCH /v1/webhooks/{webhook_id}": ADMIN,
    "DELETE /v1/webhooks/{webhook_id}": ADMIN,
    "POST /v1/webhooks/{webhook_id}/test": ADMIN,
    "POST /v1/webhooks/{webhook_id}/retry": ADMIN,
    "POST /v1/webhooks/{webhook_id}/rotate-secret": ADMIN,
    "GET /v1/ops/notifier-svc/status": ADMIN,
    "GET /v1/ops/notifier-svc/parked": ADMIN,
    "GET /v1/ops/notifier-svc/parked/{parked_id}": ADMIN,
    "GET /v1/ops/notifier-svc/decisions": ADMIN,
    "POST /v1/ops/notifier-svc/parked/requeue": ADMIN,
    "POST /v1/ops/notifier-svc/parked/{parked_id}/requeue": ADMIN,
    "DELETE /v1/ops/notifier-svc/parked/{parked_id}": ADMIN,
}


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return keyring_in(tmp_path)


@pytest.fixture
def overrides(keyring: Keyring) -> dict[str, Any]:
    return keyring.settings


async def test_every_route_lets_in_whom_it_should_by_every_way_and_nobody_else(
    office: "Office", keyring: Keyring
) -> None:
    await walk(office.client, keyring, RULES)
