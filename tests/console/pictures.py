"""Take the pictures of the guide: `make screenshots`.

Every view of a Leadwire that begins empty, on its embedded database and broker.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from console.browsing import Windows, started_browser
from console.running import Leadwire
from playwright.async_api import FilePayload, Page, Route, expect

from leadwire.testing import eventually

PICTURES = Path(__file__).parents[2] / "docs" / "guide" / "console"
MOST_BYTES = 150_000
MANAGERS = ("Maya Okafor", "Jonas Weber", "Priya Nair", "Lucía Fernández", "Tom Becker")
FIRST = [
    "Ada",
    "Grace",
    "Edsger",
    "Barbara",
    "Alan",
    "Katherine",
    "Donald",
    "Radia",
    "Niklaus",
    "Margaret",
    "Tony",
    "Frances",
]
LAST = [
    "Jansen",
    "Moore",
    "Okoye",
    "Silva",
    "Tanaka",
    "Novak",
    "Rossi",
    "Haddad",
    "Larsen",
    "Dubois",
    "Kowalski",
    "Reyes",
]
COMPANIES = ("Acme", "Globex", "Initech", "Umbrella", "Hooli")
CITIES = ("Berlin", "Madrid", "Lagos", "Pune")
LEADS = 240
DECISIONS = 40
STATUSES = ("interested", "not_interested", "interested")
WIDTH, HEIGHT = 1160, 680
PHONE_WIDTH, PHONE_HEIGHT = 360, 740


def sample(first: int, count: int) -> bytes:
    """Give a file of leads, of which some rows fail."""
    lines = ["First Name;Family Name;E-mail;Mobile;Company;City"]
    for number in range(first, first + count):
        name, family_name = FIRST[number % len(FIRST)], LAST[number * 7 % len(LAST)]
        # No number at all, or none that could be called, or an email that was there before.
        phone = {17: "", 18: "12"}.get(number % 40, f"+49151{23000000 + number}")
        email = f"{name}.{family_name}{number - number % 40 if number % 40 == 19 else number}"
        where = f"{COMPANIES[number % len(COMPANIES)]};{CITIES[number % len(CITIES)]}"
        lines.append(f"{name};{family_name};{email.lower()}@example.com;{phone};{where}")
    return "\n".join(lines).encode()


async def fill(leadwire: Leadwire) -> dict[str, str]:
    """Have managers work for a while; return their ids by name."""
    managers = {name: await leadwire.add_manager(name) for name in MANAGERS}
    headers = {"Content-Type": "text/csv"}
    await leadwire.ask("POST", "/v1/imports", data=sample(0, LEADS), headers=headers)
    for number in range(DECISIONS):
        manager_id = managers[MANAGERS[number % len(MANAGERS)]]
        held = await eventually(lambda: held_by(leadwire, manager_id), within=60)  # noqa: B023
        await leadwire.mark(held[0]["id"], STATUSES[number % len(STATUSES)])
    held = await held_by(leadwire, managers["Priya Nair"])
    await leadwire.mark(held[0]["id"], "reached_out")
    await leadwire.ask("POST", f"/v1/managers/{managers['Tom Becker']}/pause")
    return managers


async def held_by(leadwire: Leadwire, manager_id: str) -> list[dict[str, str]]:
    held: list[dict[str, str]] = (await leadwire.ask("GET", f"/v1/managers/{manager_id}"))["leads"]
    return held


async def opened(windows: Windows, place: str) -> Page:
    return await windows.open(place, width=WIDTH, height=HEIGHT)


async def keep(page: Page, name: str) -> None:
    """Keep a picture, once nothing moves and nothing is awaited any more."""
    await expect(page.locator(".loading, .marks .good:disabled")).to_have_count(0)
    await page.evaluate("document.getAnimations().forEach((each) => each.finish())")
    path = PICTURES / f"{name}.png"
    await page.screenshot(path=path, animations="disabled")
    size = path.stat().st_size
    assert size < MOST_BYTES, f"{path} has {size} bytes"


async def take(windows: Windows, managers: dict[str, str]) -> None:
    """Take every picture."""
    page = await opened(windows, f"#/work/{managers['Maya Okafor']}")
    await expect(page.locator(".history li").first).to_be_visible()
    await keep(page, "work")
    page = await opened(windows, "#/leads?status=interested,reached_out")
    await page.locator(".rows tbody tr:not(.room)").nth(2).click()
    await expect(page.locator(".history li").first).to_be_visible()
    await keep(page, "leads")
    page = await opened(windows, "#/managers")
    await expect(page.locator(".people-table tbody tr")).to_have_count(len(MANAGERS))
    await keep(page, "managers")
    page = await opened(windows, "#/flow")
    await expect(page.locator(".columns li")).to_have_count(15)
    await keep(page, "flow")
    await take_import(windows)
    await take_log_in(windows)
    for name, place in (("work", f"#/work/{managers['Priya Nair']}"), ("leads", "#/leads")):
        page = await windows.open(place, theme="dark", width=PHONE_WIDTH, height=PHONE_HEIGHT)
        await expect(page.locator(".pill").first).to_be_visible()
        await keep(page, f"{name}-phone")


async def take_import(windows: Windows) -> None:
    page = await opened(windows, "#/import")
    file: FilePayload = {
        "name": "spring-fair.csv",
        "mimeType": "text/csv",
        "buffer": sample(LEADS, LEADS),
    }
    await page.locator("input[type=file]").set_input_files(file)
    await page.get_by_role("button", name="Check the file").click()
    await expect(page.get_by_text("would be imported")).to_be_visible()
    await keep(page, "import-check")
    await page.locator(".import").get_by_role("button", name="Import").click()
    await expect(page.locator(".chart li").first).to_be_visible()
    await keep(page, "import")


async def take_log_in(windows: Windows) -> None:
    page = await opened(windows, "about:blank")

    async def refuse(route: Route) -> None:
        await route.fulfill(status=401, json={"code": "unauthorized", "detail": ""})

    await page.route("**/v1/auth/me", refuse)
    await page.goto(f"{windows.url}/")
    await expect(page.get_by_label("Password")).to_be_visible()
    await keep(page, "log-in")


async def main() -> int:
    """Take the pictures anew."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="leadwire-pictures-") as made:
        directory = Path(made)
        # The account that runs Postgres for root has to pass through.
        directory.chmod(0o711)
        async with Leadwire(directory=directory) as leadwire, started_browser() as browser:
            windows = Windows(browser=browser, url=leadwire.url)
            await take(windows, await fill(leadwire))
            await windows.close()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
