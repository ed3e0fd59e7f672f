"""Whatever clients send through the gateway: no answer that the one document does not tell of.

Schemathesis makes the requests. `make fuzz CASES=1000` makes more of them, as more of those who
may ask.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import aiohttp
import pytest
from gateway.nginx import Gateway
from gateway.services import whole_leadwire

from leadwire.testing.access import Keyring, keyring_in
from leadwire.testing.postgres_databases import DatabaseTemplates

CONFIGURATION: Final = Path(__file__).with_name("schemathesis.toml")
CASES: Final = int(os.environ.get("FUZZ_CASES", "0"))
SEED: Final = os.environ.get("FUZZ_SEED", "1")
MANY: Final = (f"--max-examples={CASES}",)
A_FEW_DOZEN: Final = MANY if CASES else ("--phases=examples,coverage,fuzzing", "--max-examples=2")
FEW: Final = MANY if CASES else ("--phases=fuzzing", "--max-examples=1")
# Longer than the longest run: from the end of its token on, every case would be the same.
A_LONG_RUN: Final = timedelta(days=7)
LOG_IN: Final = "/v1/auth/token"


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return keyring_in(tmp_path)


def headers_of(keyring: Keyring, role: str, *, manager_id: UUID | None = None) -> dict[str, str]:
    token = keyring.token(role, manager_id=manager_id, lifetime=A_LONG_RUN)
    return {"Authorization": f"Bearer {token}"}


async def bring_leads(gateway: Gateway, headers: Mapping[str, str]) -> UUID:
    """Add a manager, and leads, of which he gets the first; return which manager he is."""
    people = [{"name": "Ada", "family_name": "L", "email": f"{n}@example.com"} for n in range(3)]
    async with aiohttp.ClientSession(gateway.url, headers=headers, raise_for_status=True) as admin:
        async with admin.post("/v1/managers", json={"name": "Rosa"}) as answer:
            manager: str = (await answer.json())["id"]
        for person in people:
            await admin.post("/v1/leads", json=person)
    return UUID(manager)


async def try_anything(
    gateway: Gateway, directory: Path, *options: str, headers: Mapping[str, str]
) -> None:
    """Send requests for every operation, right and wrong.

    Args:
        headers: By which every one of them is let in; without any, credentials are made up.

    Raises:
        AssertionError: Something was answered that the document does not tell of, or the headers
            were not enough.
    """
    already = len(gateway.requests())
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", f"--config-file={CONFIGURATION}", "run"),
        *(f"{gateway.url}/openapi.json", *options, f"--seed={SEED}"),
        *("--request-timeout=30", "--continue-on-failure", "--no-color", "--warnings=off"),
        f"--generation-with-security-parameters={'false' if headers else 'true'}",
        *(f"--header={name}: {value}" for name, value in headers.items()),
        cwd=directory,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, output.decode(errors="replace")
    if headers:
        sent = [each for each in gateway.requests()[already:] if each["route"] != LOG_IN]
        assert sent
        assert 401 not in {each["status"] for each in sent}, "the headers let everything in"


@pytest.mark.timeout(0 if CASES else 400)
async def test_anything_is_answered_as_described_to_an_administrator_and_to_nobody(
    database_templates: DatabaseTemplates, keyring: Keyring, tmp_path: Path
) -> None:
    async with whole_leadwire(database_templates, tmp_path, **keyring.settings) as gateway:
        await try_anything(gateway, tmp_path, *A_FEW_DOZEN, headers=headers_of(keyring, "admin"))
        await try_anything(gateway, tmp_path, *FEW, headers={})


if CASES:

    @pytest.mark.parametrize("role", ["manager", "reader", "importer", "intake"])
    async def test_anything_is_answered_as_described_to_every_role(
        database_templates: DatabaseTemplates, keyring: Keyring, tmp_path: Path, role: str
    ) -> None:
        async with whole_leadwire(database_templates, tmp_path, **keyring.settings) as gateway:
            manager = await bring_leads(gateway, headers_of(keyring, "admin"))
            headers = headers_of(keyring, role, manager_id=manager if role == "manager" else None)
            await try_anything(gateway, tmp_path, *MANY, headers=headers)

    async def test_anything_is_answered_as_described_without_access_control(
        database_templates: DatabaseTemplates, tmp_path: Path
    ) -> None:
        async with whole_leadwire(database_templates, tmp_path) as gateway:
            await try_anything(gateway, tmp_path, *MANY, headers={})
