"""The console as it is deployed: four services behind the gateway, with access on."""

import re
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import aiohttp
import asyncpg
import pytest
import pytest_asyncio
from console.browsing import Windows, serious_violations
from gateway.nginx import Gateway
from gateway.services import Services
from playwright.async_api import Browser, FilePayload, Page, expect

from leadwire.testing import eventually
from leadwire.testing.access import Keyring, keyring_in
from leadwire.testing.postgres_databases import DatabaseTemplates
from leadwire.testing.rabbitmq import RabbitMQServer, Vhost

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

expect.set_options(timeout=30_000)

KEEP_TOKEN = "sessionStorage.setItem('leadwire.token', token)"
HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
NOTE_BANNERS = """
window.banners = 0;
new MutationObserver(() => {
  window.banners += document.querySelectorAll(".banner").length;
}).observe(document.body, { childList: true, subtree: true });
"""
MANY = 100_000
MOST_ROWS_DRAWN = 60
COPY_LEAD = Path(__file__).with_name("copy_lead.sql").read_text()
NOTE_WORK = """
window.mostRows = 0;
new MutationObserver(() => {
  const rows = document.querySelectorAll(".rows tbody tr").length;
  window.mostRows = Math.max(window.mostRows, rows);
}).observe(document, { childList: true, subtree: true });
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.longTasks.push(task.duration);
}).observe({ entryTypes: ["longtask"] });
"""
ODD_COLUMNS = b"Vorname,family_name,email,cellphone\nAda,Lovelace,ada@example.net,+12125550111\n"
LARGE = b"name,family_name,email,cellphone\n" * 100


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def keyring() -> AsyncIterator[Keyring]:
    with tempfile.TemporaryDirectory(prefix="leadwire-keyring-") as made:
        yield keyring_in(Path(made))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def services(
    rabbitmq_server: RabbitMQServer,
    database_templates: DatabaseTemplates,
    keyring: Keyring,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Services]:
    vhost = Vhost(server=rabbitmq_server)
    await vhost.create()
    settings = {**keyring.settings, "broker_url": vhost.url}
    async with Services(
        templates=database_templates,
        directory=tmp_path_factory.mktemp("leadwire"),
        settings=settings,
    ) as services:
        yield services
    await vhost.delete()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateway(services: Services) -> AsyncIterator[Gateway]:
    async with services.gateway() as gateway:
        yield gateway


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def admin(gateway: Gateway, keyring: Keyring) -> AsyncIterator[aiohttp.ClientSession]:
    """Somebody who uses the API beside those who look."""
    async with aiohttp.ClientSession(
        gateway.url, headers=keyring.headers("admin"), timeout=aiohttp.ClientTimeout(total=60)
    ) as session:
        yield session


@pytest_asyncio.fixture(loop_scope="session")
async def windows(gateway: Gateway, browser: Browser) -> AsyncIterator[Windows]:
    windows = Windows(browser=browser, url=gateway.url)
    # A browser notes each refusal as an error, and that a password is asked for is one.
    windows.away_expected = True
    yield windows
    await windows.close()
    assert windows.faults == []


async def add_lead(admin: aiohttp.ClientSession, name: str, **fields: str) -> str:
    lead = {"name": name, "family_name": "Lovelace", "email": f"{name}@example.com", **fields}
    async with admin.post("/v1/leads", json=lead) as response:
        assert response.status == 201, await response.text()
        return str((await response.json())["id"])


async def decide(admin: aiohttp.ClientSession, lead_id: str) -> None:
    """Decide a lead, once those who work on leads know it."""

    async def is_done() -> bool:
        status = {"status": "interested"}
        async with admin.put(f"/v1/leads/{lead_id}/status", json=status) as response:
            return response.ok

    await eventually(is_done, within=30)


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
    other = await page.context.new_page()
    await other.goto(page.url)
    await expect(other.get_by_role("heading", name="Log in")).to_be_visible()
    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    await page.reload()
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
    windows: Windows,
    admin: aiohttp.ClientSession,
    keyring: Keyring,
    role: str,
    seen: list[str],
) -> None:
    page = await windows.open("#/managers")
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    await bring_token(page, keyring.token(role))
    assert await tabs(page) == seen
    adding = page.get_by_role("button", name="Add a manager")
    await expect(adding).to_have_count(1 if role == "admin" else 0)
    if role == "manager":
        await page.get_by_role("link", name="Leads").click()
        await page.get_by_label("Assigned").select_option("To me")
        await expect(page).to_have_url(re.compile(r"#/leads\?manager_id=[0-9a-f-]{36}$"))
        lead_id = await add_lead(admin, "Sophie")
        await decide(admin, lead_id)
        await page.goto(f"{windows.url}/#/leads/{lead_id}")
        await expect(page.get_by_text("An administrator can correct it.")).to_be_visible()
        await expect(page.get_by_role("button", name="Correct")).to_have_count(0)
        await page.get_by_role("button", name="Close").click()
    await page.set_viewport_size({"width": 360, "height": 740})
    await expect(page.get_by_role("button", name="Log out")).to_be_in_viewport(ratio=1)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360


async def test_who_was_logged_out_logs_in_and_goes_on_where_he_was(
    windows: Windows, keyring: Keyring
) -> None:
    page = await windows.open("#/managers")
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    await bring_token(page, keyring.token("reader"))
    await page.get_by_label("Find by name").fill("maya")
    await expect(page.get_by_role("heading", name="No manager matches")).to_be_visible()
    # Both at once: the list is asked for anew at any moment.
    expired = keyring.token("reader", lifetime=timedelta(hours=-1))
    await page.get_by_role("button", name="Free").evaluate(
        f"(button, token) => {{ {KEEP_TOKEN}; button.click(); }}", expired
    )
    await expect(page.get_by_text("Your session has ended.")).to_be_visible()
    # Not the reader, whose wrong password makes him wait.
    await log_in(page, "admin", "password of admin")
    await expect(page.get_by_label("Find by name")).to_have_value("maya")


async def test_a_session_that_ends_is_told_before_and_takes_nothing_away(
    windows: Windows, keyring: Keyring
) -> None:
    page = await windows.open("#/import")
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    await bring_token(page, keyring.token("admin", lifetime=timedelta(minutes=4)))
    dialog = page.get_by_role("dialog")
    ends = page.get_by_text(re.compile(r"^Your session ends at \d\d:\d\d\.$"))
    await expect(ends).to_be_visible()
    file: FilePayload = {"name": "x.csv", "mimeType": "text/csv", "buffer": ODD_COLUMNS}
    await page.locator("input[type=file]").set_input_files(file)
    await page.get_by_label("Name", exact=True).select_option("Vorname")
    await page.get_by_role("button", name="Log in again").click()
    assert await serious_violations(page) == []
    await dialog.get_by_label("Password").fill("password of admin")
    await dialog.get_by_role("button", name="Log in").click()
    await expect(ends).to_have_count(0)

    await page.evaluate(
        f"token => {KEEP_TOKEN}", keyring.token("admin", lifetime=timedelta(hours=-1))
    )
    await page.get_by_role("button", name="Check the file").click()
    await expect(dialog.get_by_text("Your session has ended.")).to_be_visible()
    for _ in range(2):  # a browser lets the second one through
        await page.keyboard.press("Escape")
    await dialog.get_by_label("Password").fill("password of admin")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("1 lead would be imported")).to_be_visible()
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Vorname")
    await another_goes_on_with_nothing_of_it(page, keyring)


async def another_goes_on_with_nothing_of_it(page: Page, keyring: Keyring) -> None:
    asked: list[str] = []
    page.on("request", lambda each: asked.append(f"{each.method} {each.url}"))
    await page.get_by_role("link", name="Managers").click()
    await page.get_by_role("button", name="Add a manager").click()
    await page.get_by_label("Name", exact=True).fill("Of Somebody Else")
    expired = keyring.token("admin", lifetime=timedelta(hours=-1))
    await page.get_by_role("button", name="Add", exact=True).evaluate(
        f"(button, token) => {{ {KEEP_TOKEN}; button.click(); }}", expired
    )
    await log_in(page, "importer", "password of importer")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert await tabs(page) == ["Import"]
    # The one that was refused.
    assert sum(each.startswith("POST") and "/managers" in each for each in asked) == 1


async def bring_token(page: Page, token: str) -> None:
    """Be somebody who has logged in already, so that no password need be checked."""
    await page.evaluate(f"token => {KEEP_TOKEN}", token)
    await page.reload()


async def test_each_change_comes_while_the_stream_stays_open(
    windows: Windows, keyring: Keyring, admin: aiohttp.ClientSession
) -> None:
    page = await windows.open("#/leads?status=pending")
    await bring_token(page, keyring.token("reader"))
    await expect(page.get_by_role("heading", name="No lead matches")).to_be_visible()
    # What is made only once the first row is drawn can only have come by itself.
    for name in ("Ada", "Grace"):
        await add_lead(admin, name)
        await expect(page.locator("tr", has_text=f"{name} Lovelace")).to_be_visible()
    await hangs_up_while_nobody_looks_and_catches_up(page, admin)
    await page.locator("tr", has_text="Ada Lovelace").click()
    await expect(page.locator(".details h2")).to_have_text("Ada Lovelace")
    await page.reload()
    await expect(page.locator(".details h2")).to_have_text("Ada Lovelace")
    assert {url for url in windows.asked if not url.startswith(windows.url)} == set()


async def hangs_up_while_nobody_looks_and_catches_up(
    page: Page, admin: aiohttp.ClientSession
) -> None:
    """Hidden windows leave the browser's few connections to those that are seen."""
    async with page.expect_event("requestfailed", lambda each: "/stream?" in each.url):
        await page.evaluate(HIDE, True)
    await add_lead(admin, "Hedy")
    await expect(page.locator("tr", has_text="Hedy Lovelace")).to_have_count(0)
    async with page.expect_request(lambda each: "/stream?" in each.url and "cursor=" in each.url):
        await page.evaluate(HIDE, False)
    await expect(page.locator("tr", has_text="Hedy Lovelace")).to_be_visible()


@pytest.mark.fault
async def test_that_one_service_is_away_is_told_where_it_is_missed_and_nowhere_else(
    windows: Windows, keyring: Keyring, admin: aiohttp.ClientSession, services: Services
) -> None:
    watcher, other = await windows.open("#/leads"), await windows.open("#/managers")
    for page in (watcher, other):
        await bring_token(page, keyring.token("admin"))
        await page.evaluate(NOTE_BANNERS)
    row = watcher.locator("tr", has_text="Joan Lovelace")
    await expect(watcher.get_by_text("Live", exact=True)).to_be_visible()
    async with services.without("stream-svc"):
        await expect(watcher.get_by_role("alert")).to_contain_text("Changes do not come in now.")
        await add_lead(admin, "Joan")
        await other.get_by_role("button", name="Add a manager").click()
        await other.get_by_label("Name", exact=True).fill("Maya Okafor")
        await other.get_by_role("button", name="Add", exact=True).click()
        await expect(other.get_by_role("row", name="Maya Okafor")).to_contain_text("Busy")
        await other.get_by_role("link", name="Flow").click()
        waiting = other.locator(".figure", has_text="Leads waiting")
        await expect(waiting).to_contain_text("not known now")
        await expect(other.get_by_role("row", name="stream-svc")).to_contain_text("not answer")
        await expect(other.get_by_text("is not known of stream-svc.")).to_be_visible()
        await expect(other.get_by_text("Nothing is parked.")).to_have_count(0)
        await expect(row).to_have_count(0)
    await expect(row).to_be_visible()
    await expect(watcher.get_by_role("alert")).to_have_count(0)
    await expect(waiting).not_to_contain_text("not known now")
    for page in (watcher, other):
        assert await page.evaluate("window.banners") == 0


async def test_what_the_gateway_refuses_is_told(
    windows: Windows, services: Services, keyring: Keyring
) -> None:
    page = await windows.open("about:blank")
    # As while one replica has files of another version.
    await page.route("**/assets/*.js", lambda route: route.fulfill(status=404))
    await page.goto(f"{windows.url}/")
    await expect(page.get_by_text("If this stays, reload the page.")).to_be_visible()
    async with services.gateway(
        GATEWAY_TOKEN_RATE="1r/m", GATEWAY_TOKEN_BURST="1", GATEWAY_MAX_IMPORT="1k"
    ) as strict:
        page = await windows.open("about:blank")
        await page.goto(f"{strict.url}/#/import")
        for _ in range(2):
            await page.request.post(f"{strict.url}/v1/auth/token", data={})
        await log_in(page, "reader", "password of reader")
        await expect(page.get_by_role("alert")).to_have_text(
            "Too much was asked at once. Try again in 2 s."
        )
        await bring_token(page, keyring.token("importer"))
        large: FilePayload = {"name": "x.csv", "mimeType": "text/csv", "buffer": LARGE}
        await page.locator("input[type=file]").set_input_files(large)
        await page.get_by_role("button", name="Check the file").click()
        await expect(page.get_by_role("alert")).to_have_text(
            "The request body is larger than this operation accepts."
        )


async def test_a_hundred_thousand_leads_are_scrolled_searched_and_followed(
    windows: Windows,
    keyring: Keyring,
    admin: aiohttp.ClientSession,
    services: Services,
    report_counts: Callable[..., None],
) -> None:
    lead_id = await add_many(admin, services)
    page = await windows.open("#/managers")
    await bring_token(page, keyring.token("admin"))
    await expect(page.get_by_role("navigation")).to_be_visible()
    await page.add_init_script(NOTE_WORK)
    await page.reload()
    began = time.perf_counter()
    await page.goto(f"{windows.url}/#/leads")
    async with admin.get("/v1/leads", params={"sort": "created_at", "limit": 1}) as response:
        oldest = (await response.json())["items"][0]
    async with admin.get("/v1/leads/count") as response:
        all_leads = f"{(await response.json())['total']:,} leads"
    total = page.get_by_role("status").filter(has_text=re.compile(f"^{all_leads}$"))
    await expect(total).to_be_visible(timeout=90_000)
    loaded = time.perf_counter() - began

    rows = page.locator(".rows tbody tr:not(.room)")
    await expect(rows.first).to_contain_text(f"No{MANY - 1}")
    await page.get_by_role("grid").focus()
    for _ in range(10):
        await page.keyboard.press("PageDown")
    await page.keyboard.press("End")
    await expect(rows.last).to_contain_text(oldest["email"])
    await page.keyboard.press("Home")
    await expect(rows.first).to_contain_text(f"No{MANY - 1}")

    await page.get_by_role("searchbox").fill("(212) 207-7777")
    await expect(rows).to_have_count(1)
    await expect(rows.first).to_contain_text("lead77777@")
    await page.get_by_role("searchbox").fill("leadzero@")
    await expect(rows.first).to_contain_text("Nozero")
    async with admin.patch(f"/v1/leads/{lead_id}", json={"family_name": "Changed"}) as response:
        assert response.status == 200
    await expect(rows.first).to_contain_text("Changed")
    assert 1 < await page.evaluate("window.mostRows") < MOST_ROWS_DRAWN
    tasks = await page.evaluate("window.longTasks")
    report_counts(
        seconds_to_load_100000_leads=round(loaded, 1),
        tasks_over_50_ms=len(tasks),
        longest_ms=round(max(tasks, default=0)),
    )


async def add_many(admin: aiohttp.ClientSession, services: Services) -> str:
    """Have `MANY` leads in the projection; return the id of the one whom all services know."""
    lead_id = await add_lead(
        admin, "Lead", family_name="Nozero", email="leadzero@example.org", cellphone="+12122000000"
    )

    async def is_projected() -> bool:
        async with admin.get(f"/v1/leads/{lead_id}") as response:
            return response.status == 200

    await eventually(is_projected, within=30)
    connection = await asyncpg.connect(services.database_url("stream_svc"))
    try:
        await connection.execute(COPY_LEAD, UUID(lead_id), MANY - 1)
    finally:
        await connection.close()
    return lead_id
