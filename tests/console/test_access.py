"""Who logs in sees what his roles allow, and goes on where he was when his token has ended."""

import tempfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from console.browsing import Windows, serious_violations
from console.running import Leadwire
from playwright.async_api import Browser, Page, expect

from leadwire.testing.access import Keyring, keyring_in
from leadwire.testing.rabbitmq import RabbitMQServer, Vhost

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

expect.set_options(timeout=30_000)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def keyring() -> AsyncIterator[Keyring]:
    with tempfile.TemporaryDirectory(prefix="leadwire-keyring-") as made:
        yield keyring_in(Path(made))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def leadwire(rabbitmq_server: RabbitMQServer, keyring: Keyring) -> AsyncIterator[Leadwire]:
    """All services in one process, with access on."""
    vhost = Vhost(server=rabbitmq_server)
    await vhost.create()
    with tempfile.TemporaryDirectory(prefix="leadwire-console-") as made:
        directory = Path(made)
        directory.chmod(0o711)
        access = {
            "LEADWIRE_AUTH": "on",
            "LEADWIRE_USERS_FILE": str(keyring.users_file),
            "LEADWIRE_TOKEN_KEYS_FILE": str(keyring.token_keys_file),
        }
        async with Leadwire(
            directory=directory, broker_url=vhost.url, environment=access
        ) as running:
            yield running
    await vhost.delete()


@pytest_asyncio.fixture(loop_scope="session")
async def windows(leadwire: Leadwire, browser: Browser) -> AsyncIterator[Windows]:
    windows = Windows(browser=browser, url=leadwire.url)
    # A browser notes each refusal as an error, and that a password is asked for is one.
    windows.away_expected = True
    yield windows
    await windows.close()
    assert windows.faults == []


async def log_in(page: Page, name: str, password: str) -> None:
    await page.get_by_label("User name").fill(name)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Log in").click()


async def tabs(page: Page) -> list[str]:
    await expect(page.get_by_role("navigation")).to_be_visible()
    return await page.get_by_role("navigation").get_by_role("link").all_inner_texts()


async def test_a_wrong_password_is_told_and_the_right_one_lets_in(windows: Windows) -> None:
    page = await windows.open("#/leads?status=pending")
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert await serious_violations(page) == []
    await log_in(page, "reader", "wrong")
    await expect(page.get_by_role("alert")).to_have_text("User name or password is wrong.")
    await log_in(page, "reader", "password of reader")
    await expect(page.get_by_role("heading", name="No lead matches")).to_be_visible()
    assert page.url.endswith("#/leads?status=pending")
    assert await tabs(page) == ["Leads", "Managers"]
    await page.reload()
    await expect(page.get_by_text("Logged in as reader")).to_be_visible()
    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("admin", ["Work", "Leads", "Import", "Managers", "Flow"]),
        ("manager", ["Work", "Leads", "Managers"]),
        ("importer", ["Import"]),
    ],
)
async def test_a_role_sees_what_it_may_do(
    windows: Windows, keyring: Keyring, role: str, seen: list[str]
) -> None:
    page = await windows.open("#/managers")
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    await bring_token(page, keyring.token(role))
    assert await tabs(page) == seen
    adding = page.get_by_role("button", name="Add a manager")
    await expect(adding).to_have_count(1 if role == "admin" else 0)


async def test_who_was_logged_out_logs_in_and_goes_on_where_he_was(
    windows: Windows, keyring: Keyring
) -> None:
    page = await windows.open("#/managers")
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    await bring_token(page, keyring.token("reader"))
    await page.get_by_label("Find by name").fill("maya")
    await expect(page.get_by_role("heading", name="No manager matches")).to_be_visible()
    await keep_token(page, keyring.token("reader", lifetime=timedelta(seconds=-1)))
    await page.get_by_role("button", name="Free").click()
    await expect(page.get_by_text("You were logged out")).to_be_visible()
    await log_in(page, "reader", "password of reader")
    await expect(page.get_by_label("Find by name")).to_have_value("maya")


async def bring_token(page: Page, token: str) -> None:
    """Be somebody who has logged in already, so that no password need be checked."""
    await keep_token(page, token)
    await page.reload()


async def keep_token(page: Page, token: str) -> None:
    await page.evaluate("token => sessionStorage.setItem('leadwire.token', token)", token)
