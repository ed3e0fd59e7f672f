"""Whatever clients send through the gateway: no answer that the one document does not tell of.

Schemathesis makes the requests. `make fuzz CASES=1000` makes more of them, as more of those who
may ask.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from gateway.nginx import Gateway
from gateway.services import Services

from leadwire.testing.access import Keyring, keyring_in
from leadwire.testing.postgres_databases import DatabaseTemplates

CONFIGURATION: Final = Path(__file__).with_name("schemathesis.toml")
CASES: Final = int(os.environ.get("FUZZ_CASES", "0"))
SEED: Final = os.environ.get("FUZZ_SEED", "1")
MANY: Final = (f"--max-examples={CASES}",)
A_FEW_DOZEN: Final = MANY if CASES else ("--phases=examples,coverage,fuzzing", "--max-examples=2")
FEW: Final = MANY if CASES else ("--phases=fuzzing", "--max-examples=1")
# One client that is so busy has to be let.
UNLIMITED: Final = {
    "GATEWAY_FORM_RATE": "100000r/s",
    "GATEWAY_TOKEN_RATE": "100000r/s",
    "GATEWAY_REQUEST_RATE": "100000r/s",
}
StartWhole = Callable[..., Any]


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return keyring_in(tmp_path)


@pytest_asyncio.fixture
async def start_whole(
    database_templates: DatabaseTemplates, tmp_path: Path, new_home: Callable[[], Path]
) -> AsyncIterator[StartWhole]:
    """Start the services, and a gateway in front of them."""
    started: list[Gateway | Services] = []

    async def start(**settings: Any) -> Gateway:
        services = Services(templates=database_templates, directory=tmp_path, settings=settings)
        started.append(services)
        await services.start()
        gateway = Gateway(home=new_home(), upstreams=services.addresses, settings=UNLIMITED)
        started.append(gateway)
        return await gateway.start()

    yield start
    for each in reversed(started):
        await each.stop()


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
    start_whole: StartWhole, keyring: Keyring, tmp_path: Path
) -> None:
    gateway = await start_whole(**keyring.settings, trusted_proxies="127.0.0.0/8")
    await try_anything(gateway, tmp_path, *A_FEW_DOZEN, headers=keyring.headers("admin"))
    await try_anything(gateway, tmp_path, *FEW, headers={})


if CASES:

    @pytest.mark.parametrize("role", ["manager", "reader", "importer", "intake"])
    async def test_anything_is_answered_as_described_to_every_role(
        start_whole: StartWhole, keyring: Keyring, tmp_path: Path, role: str
    ) -> None:
        gateway = await start_whole(**keyring.settings, trusted_proxies="127.0.0.0/8")
        await try_anything(gateway, tmp_path, *MANY, headers=keyring.headers(role))

    async def test_anything_is_answered_as_described_without_access_control(
        start_whole: StartWhole, tmp_path: Path
    ) -> None:
        await try_anything(await start_whole(auth="off"), tmp_path, *MANY, headers={})
