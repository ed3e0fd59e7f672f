"""Whatever clients send through the gateway: no answer that the one document does not tell of.

Schemathesis makes the requests. `make fuzz CASES=1000` makes more of them, as more of those who
may ask.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

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


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return keyring_in(tmp_path)


async def try_anything(
    gateway: Gateway, directory: Path, *options: str, headers: Mapping[str, str]
) -> None:
    """Send requests for every operation, right and wrong.

    Raises:
        AssertionError: Something was answered that the document does not tell of.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", f"--config-file={CONFIGURATION}", "run"),
        *(f"{gateway.url}/openapi.json", *options, f"--seed={SEED}"),
        *("--request-timeout=30", "--continue-on-failure", "--no-color", "--warnings=off"),
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


@pytest.mark.timeout(0 if CASES else 400)
async def test_anything_is_answered_as_described_to_an_administrator_and_to_nobody(
    database_templates: DatabaseTemplates, keyring: Keyring, tmp_path: Path
) -> None:
    async with whole_leadwire(database_templates, tmp_path, **keyring.settings) as gateway:
        await try_anything(gateway, tmp_path, *A_FEW_DOZEN, headers=keyring.headers("admin"))
        await try_anything(gateway, tmp_path, *FEW, headers={})


if CASES:

    @pytest.mark.parametrize("role", ["manager", "reader", "importer", "intake"])
    async def test_anything_is_answered_as_described_to_every_role(
        database_templates: DatabaseTemplates, keyring: Keyring, tmp_path: Path, role: str
    ) -> None:
        async with whole_leadwire(database_templates, tmp_path, **keyring.settings) as gateway:
            await try_anything(gateway, tmp_path, *MANY, headers=keyring.headers(role))

    async def test_anything_is_answered_as_described_without_access_control(
        database_templates: DatabaseTemplates, tmp_path: Path
    ) -> None:
        async with whole_leadwire(database_templates, tmp_path) as gateway:
            await try_anything(gateway, tmp_path, *MANY, headers={})
