"""The main job as people see it: from an empty system to a decided lead, in several windows."""

import re
from collections.abc import Callable

import pytest
from console.browsing import Windows
from console.running import Leadwire
from playwright.async_api import FilePayload, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

expect.set_options(timeout=30_000)

CSV = """\
Vorname;Last Name;E-mail;Phone;Mobil;Company
Zoë;Mårtensson;zoe@example.com;;+4915112345670;Acme
Jürgen;Groß;juergen@example;;+4915112345671;Globex
Ada;Lovelace;ada@example.org;;+4915112345672;Initech
Grace;Hopper;ada@example.org;;12;Initech
""".encode()

# In the windows themselves: who asks them from outside asks now and then.
NOTE_THE_CLICK = """
() => addEventListener(
  "click", () => { window.clicked = Date.now() }, { capture: true, once: true }
)
"""
NOTE_THE_CHANGE = """
() => new MutationObserver((_, observer) => {
  const pills = [...document.querySelectorAll("tr .pill")]
  if (pills.some((pill) => pill.textContent === "Interested")) {
    window.changed = Date.now()
    observer.disconnect()
  }
}).observe(document.body, { subtree: true, childList: true, characterData: true })
"""


async def test_an_empty_system_says_what_to_do(windows: Windows) -> None:
    page = await windows.open("#/work")
    await expect(page.get_by_role("heading", name="There is no manager yet.")).to_be_visible()
    await page.get_by_role("link", name="Add managers").click()
    await expect(page.get_by_role("heading", name="No manager yet")).to_be_visible()
    await page.get_by_role("link", name="Leads", exact=True).click()
    await expect(page.get_by_role("heading", name="No leads yet")).to_be_visible()
    await page.get_by_role("link", name="Import leads").click()
    await expect(page.get_by_text("Nothing was imported yet.")).to_be_visible()
    await page.get_by_role("link", name="Flow").click()
    await expect(page.get_by_text("Nothing is parked.")).to_be_visible()
    await expect(page.get_by_text("nobody waits")).to_be_visible()


async def test_a_file_is_checked_and_imported_and_its_leads_are_worked_off(
    leadwire: Leadwire, windows: Windows, report_counts: Callable[..., None]
) -> None:
    watcher = await windows.open("#/leads")
    await expect(watcher.get_by_role("heading", name="No leads yet")).to_be_visible()

    page = await windows.open("#/managers")
    await page.get_by_role("button", name="Add a manager").click()
    await page.get_by_label("Name", exact=True).fill("Maya Okafor")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_role("row", name="Maya Okafor").get_by_text("Free")).to_be_visible()

    await import_the_file(page)
    row = watcher.locator("tr", has_text="Zoë Mårtensson")
    await expect(row).to_contain_text("Pending")
    await expect(row).to_contain_text("Maya Okafor")
    await expect(watcher.locator("tr", has_text="Ada Lovelace")).to_contain_text("Pending")

    await page.get_by_role("link", name="Work").click()
    await page.get_by_role("link", name="Maya Okafor").click()
    lead = page.locator(".lead-card h2")
    await expect(lead).to_have_text("Zoë Mårtensson")
    await expect(page.get_by_role("link", name="Call +4915112345670")).to_be_visible()
    await expect(page.get_by_text("Acme")).to_be_visible()
    await page.get_by_role("button", name="Reached out").click()
    await expect(page.locator(".lead-card .pill")).to_have_text("Reached out")
    await expect(row).to_contain_text("Reached out")

    await page.evaluate(NOTE_THE_CLICK)
    await watcher.evaluate(NOTE_THE_CHANGE)
    await page.get_by_role("button", name=re.compile("^Interested")).click()
    await expect(row.locator(".pill")).to_have_text("Interested")
    clicked, changed = (
        await page.evaluate("window.clicked"),
        await watcher.evaluate("window.changed"),
    )
    await expect(lead).to_have_text("Ada Lovelace")
    report_counts(milliseconds_from_mark_to_the_other_window=changed - clicked)

    # A row leaves the filter when it leaves it.
    await watcher.get_by_role("button", name=re.compile("^Pending")).click()
    await expect(watcher.locator("tr", has_text="Ada Lovelace")).to_be_visible()
    await expect(row).to_have_count(0)
    await expect(page.get_by_role("button", name="Not interested")).to_be_enabled()
    await page.keyboard.press("Shift+N")
    await expect(page.get_by_role("heading", name="No lead waits for you")).to_be_visible()
    await expect(watcher.get_by_role("heading", name="No lead matches")).to_be_visible()
    await page.get_by_role("link", name="Flow").click()
    await expect(page.locator(".decisions")).to_contain_text("2 in 15 minutes")
    await page.get_by_role("link", name="Managers").click()
    await expect(page.get_by_role("row", name="Maya Okafor")).to_contain_text(
        re.compile(r"Freefor \d+ (s|min)")
    )


async def import_the_file(page: Page) -> None:
    await page.get_by_role("link", name="Import").click()
    file: FilePayload = {"name": "leads.csv", "mimeType": "text/csv", "buffer": CSV}
    await page.locator("input[type=file]").set_input_files(file)
    # "Mobil" and "Vorname" are no names that are known; "Phone" is empty.
    await expect(page.get_by_label("Family name")).to_have_value("Last Name")
    await expect(page.get_by_text("Choose a column for Name.")).to_be_visible()
    await expect(page.get_by_role("button", name="Check the file")).to_be_disabled()
    await page.get_by_label("Name", exact=True).select_option("Vorname")
    await page.get_by_label("Cellphone").select_option("Mobil")
    await page.get_by_role("button", name="Check the file").click()
    await expect(page.get_by_text("2 leads would be imported")).to_be_visible()
    await expect(page.get_by_text("2 rows would fail")).to_be_visible()
    await expect(page.locator(".failures tbody tr").first).to_contain_text("Jürgen")
    # Of a long row, too, what is wrong is seen.
    await page.set_viewport_size({"width": 360, "height": 740})
    values = page.locator(".failures .values bdi").first
    assert await values.evaluate("each => each.scrollWidth <= each.clientWidth")
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.get_by_role("button", name="Import 2 leads").click()
    await expect(page.locator(".sums")).to_have_text(re.compile("Rows4Imported2Failed2"))
    # Also in the list below, where it was still running.
    await expect(page.locator("tr[aria-current]")).to_contain_text("Completed422")
    chart = page.locator(".chart li")
    await expect(chart).to_have_count(3)
    await expect(page.locator(".chart")).to_contain_text("Email exists already")
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Download all failures").click()
    saved = await (await downloading.value).path()
    assert saved.read_text(encoding="utf-8-sig").splitlines()[0].startswith("row,name,")


@pytest.mark.fault
async def test_what_ends_and_comes_back_is_caught_up_with_without_a_reload(
    leadwire: Leadwire, windows: Windows
) -> None:
    windows.away_expected = True
    watcher = await windows.open("#/leads")
    worker = await windows.open("#/managers")
    await expect(watcher.locator("tr", has_text="Ada Lovelace")).to_be_visible()
    await worker.get_by_role("link", name="Maya Okafor").click()
    for page in (watcher, worker):
        await page.evaluate("window.neverReloaded = true")
        await expect(page.get_by_text("Live", exact=True)).to_be_visible()

    leadwire.kill()
    for page in (watcher, worker):
        await expect(page.get_by_role("alert")).to_contain_text("Leadwire does not answer")
        await expect(page.get_by_text("Away", exact=True)).to_be_visible()
    await leadwire.start()
    await leadwire.add_lead("Frances", "Allen", "frances@example.com")

    await expect(watcher.locator("tr", has_text="Frances Allen")).to_be_visible()
    await expect(worker.locator(".lead-card h2")).to_have_text("Frances Allen")
    await worker.get_by_role("button", name=re.compile("^Interested")).click()
    await expect(watcher.locator("tr", has_text="Frances Allen")).to_contain_text("Interested")
    for page in (watcher, worker):
        await expect(page.get_by_role("alert")).to_have_count(0)
        assert await page.evaluate("window.neverReloaded")
