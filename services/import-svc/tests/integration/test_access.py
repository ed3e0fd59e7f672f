"""Who may do what here."""

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from import_svc.settings import ImportSettings
from leadwire.testing.access import ANYBODY, Keyring, keyring_in, walk

if TYPE_CHECKING:
    from conftest import Desk

ADMIN: frozenset[str] = frozenset()
READERS = frozenset({"manager", "reader"})
IMPORTERS = frozenset({"importer"})

RULES = {
    "POST /v1/imports": IMPORTERS,
    "GET /v1/imports": IMPORTERS,
    "GET /v1/imports/{import_id}": IMPORTERS,
    "POST /v1/imports/{import_id}/cancel": IMPORTERS,
    "GET /v1/imports/{import_id}/failures": IMPORTERS,
    "POST /v1/leads": ANYBODY,
    "PATCH /v1/leads/{lead_id}": ADMIN,
    "DELETE /v1/leads/{lead_id}": ADMIN,
    "GET /v1/leads/{lead_id}/resume": READERS,
    "PUT /v1/leads/{lead_id}/resume": ADMIN,
    "GET /v1/ops/import-svc/status": ADMIN,
    "GET /v1/ops/import-svc/parked": ADMIN,
    "GET /v1/ops/import-svc/parked/{parked_id}": ADMIN,
    "GET /v1/ops/import-svc/decisions": ADMIN,
    "POST /v1/ops/import-svc/parked/requeue": ADMIN,
    "POST /v1/ops/import-svc/parked/{parked_id}/requeue": ADMIN,
    "DELETE /v1/ops/import-svc/parked/{parked_id}": ADMIN,
}


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return keyring_in(tmp_path)


@pytest.fixture
def settings(database_url: str, keyring: Keyring, tmp_path: Path) -> ImportSettings:
    return ImportSettings(
        broker_url=f"memory://{uuid4()}",
        database_url=database_url,
        files_url=(tmp_path / "files").as_uri(),
        **keyring.settings,
    )


async def test_every_route_lets_in_whom_it_should_by_every_way_and_nobody_else(
    desk: "Desk", keyring: Keyring
) -> None:
    await walk(desk.client, keyring, RULES)
