"""What people do to a console, and what it does for them."""

import asyncio
import re
from collections.abc import AsyncIterator
from urllib.parse import quote

import aiohttp
import pytest
import pytest_asyncio
from console.browsing import Windows, serious_violations
from console.running import Leadwire
from playwright.async_api import FilePayload, Page, Route, expect

from leadwire.broker import Accepted, Message, broker_from_url
from leadwire.testing import eventually

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

expect.set_options(timeout=30_000)

LONG = "x" * 200
LONG_MANAGER = "W" * 200
MARKUP = "<img src=x onerror=\"document.title='owned'\">"
HEBREW = "שלום"
PEOPLE = [
    ("Radia", "Perlman"),
    ("Barbara", "Liskov"),
    (MARKUP, "<script>document.title='owned'</script>"),
    (HEBREW, "עולם"),
    (LONG, "y" * 200),
    ("Ada", "Lovelace"),
]
CSV = {"Content-Type": "text/csv"}
WIDE = f"""\
name,family_name,email,cellphone,{"Heading " * 12},Note,Page
Mary,Wide,wide@example.com,+12125550100,{"v" * 500},{"word " * 100},https://example.com/{"p" * 80}
""".encode()
ONE_LEAD = b"name,family_name,email,phone\nJoan,Clarke,joan@example.com,(212) 555-0199 x27\n"
DROPPED = """(texts) => {
  const dropped = new DataTransfer();
  for (const text of texts) dropped.items.add(new File([text], "one.csv", { type: "text/csv" }));
  return dropped;
}"""
# Whether the page keeps the browser from opening the file in its place.
DROPPED_BESIDE = """(dataTransfer) => !document.querySelector("h1").dispatchEvent(
  new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true })
)"""
HALF_DONE = {"bytes_done": 50, "bytes_total": 100, "rows_per_second": 12_345.0, "seconds_left": 120}
LARGE = b"name,family_name,email,cellphone\n" * 10_000
# Milliseconds; how far an import is is asked for each second.
SLOW = {"offline": False, "latency": 1_500, "downloadThroughput": -1, "uploadThroughput": -1}


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def people(leadwire: Leadwire) -> AsyncIterator[dict[str, str]]:
    """Managers by name, of whom each has a lead, and leads with odd names that wait."""
    names = ("Maya Okafor", "Jonas Weber", LONG_MANAGER)
    managers = {name: await leadwire.add_manager(name) for name in names}
    for number, (name, family_name) in enumerate(PEOPLE):
        await leadwire.add_lead(name, family_name, f"{'z' * 40}{number}@example.com")
        if number == 1:  # the next manager, whose name is long, gets a lead of whom much is known
            await leadwire.ask("POST", "/v1/imports", data=WIDE, headers=CSV)
            await leadwire.can_read(await lead_of(leadwire, managers[LONG_MANAGER]))
    yield managers


async def lead_of(leadwire: Leadwire, manager_id: str) -> str:
    async def held() -> list[dict[str, str]]:
        found: list[dict[str, str]] = (await leadwire.ask("GET", f"/v1/managers/{manager_id}"))[
            "leads"
        ]
        return found

    return (await eventually(held, within=30))[0]["id"]


async def faults_in_either_theme(page: Page) -> list[str]:
    await page.emulate_media(color_scheme="dark")
    # But for its colours it is the same.
    dark = await serious_violations(page, only="color-contrast")
    await page.emulate_media(color_scheme="light")
    return dark + await serious_violations(page)


async def test_no_view_has_a_serious_fault_of_accessibility(
    windows: Windows, people: dict[str, str]
) -> None:
    page = await windows.open("#/work")
    found = {}
    for place, sign in {
        "#/work": "Who are you?",
        f"#/work/{people['Maya Okafor']}": "Give back",
        "#/leads": "Came in",
        "#/import": "Drop a file of leads here",
        "#/managers": "Add a manager",
        "#/flow": "To handle",
    }.items():
        await page.goto(f"{page.url.partition('#')[0]}{place}")
        await expect(page.get_by_text(sign, exact=True).first).to_be_visible()
        found[place] = await faults_in_either_theme(page)
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    found["keys"] = await faults_in_either_theme(page)
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.press("l")
    await page.locator(".rows tbody tr:not(.room)").last.click()
    await expect(page.get_by_text("Why this manager")).to_be_visible()
    await expect(page.locator(".history")).to_be_visible()
    found["details"] = await faults_in_either_theme(page)
    assert {place: faults for place, faults in found.items() if faults} == {}


async def test_what_people_typed_is_text_and_nothing_else(windows: Windows) -> None:
    page = await windows.open("#/leads")
    markup = page.locator(".rows tbody tr", has_text=MARKUP)
    await expect(markup).to_be_visible()
    assert await page.locator(".rows img, .rows script").count() == 0
    await markup.click()
    await expect(page.locator(".details h2")).to_contain_text(MARKUP)
    assert await page.title() == "Leads · Leadwire"
    hebrew = page.locator(".rows bdi", has_text=HEBREW)
    assert await hebrew.evaluate("each => getComputedStyle(each).direction") == "rtl"
    long = page.locator(".col-name > bdi", has_text=LONG)
    assert await long.get_attribute("title") == f"{LONG} {'y' * 200}"
    assert await long.evaluate("each => each.scrollWidth > each.clientWidth")


@pytest.mark.parametrize("width", [360, 1280])
async def test_no_view_is_wider_than_the_window(
    windows: Windows, people: dict[str, str], width: int
) -> None:
    page = await windows.open("#/work", width=width, height=740)
    places = ["#/leads", "#/work", *(f"#/work/{people[name]}" for name in people)]
    for place in [*places, "#/import", "#/managers", "#/flow"]:
        await page.goto(f"{page.url.partition('#')[0]}{place}")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await expect(page.locator(".loading")).to_have_count(0)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, place
    await page.goto(f"{page.url.partition('#')[0]}#/work/{people[LONG_MANAGER]}")
    values = page.locator(".lead-card .facts dd")
    await expect(values).to_have_count(3)
    widths = await values.evaluate_all("all => all.map((each) => each.clientWidth)")
    assert min(widths) > width / 4
    await expect(page.locator(".marks .button.good")).to_be_in_viewport()
    # A low window, as a phone on its side or a page at 200 %, leaves room for rows.
    await page.set_viewport_size({"width": width, "height": 360})
    await page.goto(f"{page.url.partition('#')[0]}#/leads")
    await page.locator(".rows tbody tr:not(.room)").nth(2).click(trial=True)


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        # Not forbidden after it: only the version tells that it was decided on something else.
        ("Jonas Weber", "reached_out", "Jonas Weber marked this lead as reached out"),
        ("Maya Okafor", "interested", "Maya Okafor marked this lead as interested"),
    ],
)
async def test_of_two_who_mark_a_lead_the_second_is_told(
    leadwire: Leadwire,
    windows: Windows,
    people: dict[str, str],
    name: str,
    status: str,
    said: str,
) -> None:
    lead_id = await lead_of(leadwire, people[name])
    # Of a lead that the filter leaves out the page does not hear that somebody marks it.
    page = await windows.open(f"#/leads/{lead_id}?origin=api")
    button = page.get_by_role("button", name=re.compile("^Not interested N$"))
    await expect(button).to_be_visible()
    windows.away_expected = True  # the browser notes a refusal as an error
    await leadwire.mark(lead_id, status)
    await button.click()
    told = page.get_by_role("alert").filter(has_text="faster")
    await expect(told).to_contain_text(said)
    history = await leadwire.ask("GET", f"/v1/leads/{lead_id}/history")
    assert [each["to_status"] for each in history["items"]][-1] == status


async def test_a_file_that_is_refused_says_why(windows: Windows) -> None:
    page = await windows.open("#/import")
    broken: FilePayload = {"name": "x.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"}
    await page.locator("input[type=file]").set_input_files(broken)
    await expect(
        page.get_by_text("Choose a column for Name, Family name, Email, Cellphone.")
    ).to_be_visible()
    await page.get_by_role("button", name="Choose another file").click()
    odd: FilePayload = {"name": "x.json", "mimeType": "application/json", "buffer": b"[1, 2"}
    await page.locator("input[type=file]").set_input_files(odd)
    windows.away_expected = True  # the browser notes a refusal as an error
    await page.get_by_role("button", name="Check the file").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    empty: FilePayload = {"name": "x.csv", "mimeType": "text/csv", "buffer": b""}
    await page.get_by_role("button", name="Choose another file").click()
    await page.locator("input[type=file]").set_input_files(empty)
    await expect(page.get_by_role("alert")).to_have_text("This file is empty. Choose another one.")
    workbook: FilePayload = {"name": "x.xlsx", "mimeType": "", "buffer": b"PK\3\4\x14\0\6\0 Sheet1"}
    await page.locator("input[type=file]").set_input_files(workbook)
    await expect(page.get_by_role("alert")).to_contain_text("Save it as CSV")
    no_header: FilePayload = {
        "name": "x.csv",
        "mimeType": "text/csv",
        "buffer": b"Ada,Lovelace,ada@example.com,+12125550101\nGrace,Hopper,grace@example.com,\n",
    }
    await page.get_by_role("button", name="Choose another file").click()
    await page.locator("input[type=file]").set_input_files(no_header)
    await expect(page.get_by_text("The first line seems to be a lead")).to_be_visible()


async def test_a_filter_that_came_by_a_link_is_seen_and_taken_away(
    windows: Windows, people: dict[str, str]
) -> None:
    page = await windows.open(f"#/leads?manager_id={people['Maya Okafor']}&email_domain=x.example")
    await expect(page.get_by_role("heading", name="No lead matches")).to_be_visible()
    # Also where all colours are the reader's own.
    await page.emulate_media(forced_colors="active")
    chips = page.locator(".filters .chip").evaluate_all(
        "all => all.map((each) => getComputedStyle(each).backgroundColor)"
    )
    assert len(set(await chips)) == 2
    await page.emulate_media(forced_colors="none")
    await page.get_by_role("button", name="Clear the filter: Emails at x.example").click()
    rows = page.locator(".rows tbody tr:not(.room)")
    await expect(rows).to_have_count(1)
    await rows.click()
    await expect(page.locator(".details").get_by_role("link", name="Maya Okafor")).to_be_visible()
    await page.get_by_role("button", name="Clear the filter: Manager: Maya Okafor").click()
    await expect(rows).not_to_have_count(1)
    assert "manager_id" not in page.url


async def test_answers_that_take_longer_than_it_asks_anew_are_shown_all_the_same(
    leadwire: Leadwire, windows: Windows
) -> None:
    headers = {"Content-Type": "text/csv"}
    row = b"name,family_name,email,cellphone\nAda,Lovelace,no,12\n"

    async def one_at_most(route: Route) -> None:
        await route.continue_(url=route.request.url.replace("limit=20", "limit=1"))

    receipt = await leadwire.ask("POST", "/v1/imports", data=row, headers=headers)
    page = await windows.open("#/import")
    await expect(page.get_by_role("row").nth(1)).to_be_visible()
    await page.route("**/v1/imports?limit=20", one_at_most)
    await expect(page.get_by_text("The newest 1;")).to_be_visible()
    connection = await page.context.new_cdp_session(page)
    await connection.send("Network.emulateNetworkConditions", SLOW)
    await page.goto(f"{windows.url}/#/import/{receipt['id']}")
    await expect(page.locator(".sums")).to_have_text("Rows1Imported0Failed1")


async def test_a_file_whose_answer_got_lost_is_not_imported_twice(
    leadwire: Leadwire, windows: Windows
) -> None:
    lost: list[str] = []

    async def lose_the_first_answer(route: Route) -> None:
        if route.request.method == "POST" and "dry_run" not in route.request.url and not lost:
            lost.append((await (await route.fetch()).json())["id"])
            await route.abort()
        else:
            await route.continue_()

    page = await windows.open("#/import")
    await page.route("**/v1/imports?*", lose_the_first_answer)
    row = b"name,family_name,email,cellphone\nLynn,Conway,lynn@example.com,+12125550177\n"
    file: FilePayload = {"name": "x.csv", "mimeType": "text/csv", "buffer": row}
    await page.locator("input[type=file]").set_input_files(file)
    await page.get_by_role("button", name="Check the file").click()
    windows.away_expected = True
    begin = page.get_by_role("button", name="Import 1 lead")
    await begin.click()
    await expect(page.get_by_role("alert")).to_contain_text("Leadwire did not answer.")
    await begin.click()
    await expect(page.locator(".sums")).to_have_text("Rows1Imported1Failed0")
    assert [page.url.rpartition("/")[2]] == lost


async def test_open_details_hear_of_each_change(leadwire: Leadwire, windows: Windows) -> None:
    lead_id = await leadwire.add_lead("Adele", "Goldberg", "adele@example.com")
    refusals = iter([404])

    async def not_there_yet(route: Route) -> None:
        if next(refusals, None):
            await route.fulfill(status=404, json={"code": "lead_not_found", "detail": ""})
        else:
            await route.continue_()

    page = await windows.open("about:blank")
    windows.away_expected = True  # the browser notes a refusal as an error
    await page.route(f"**/v1/leads/{lead_id}", not_there_yet)
    await page.goto(f"{windows.url}/#/leads/{lead_id}")
    await expect(page.locator(".details h2")).to_have_text("Adele Goldberg")
    change = {"attributes": {"Note": "likes trains"}}
    await leadwire.ask("PATCH", f"/v1/leads/{lead_id}", json=change)
    await expect(page.locator(".details")).to_contain_text("likes trains")
    # On paper is the whole of it, and nothing else.
    await page.emulate_media(media="print")
    await expect(page.locator(".rows")).to_be_hidden()
    await expect(page.get_by_role("navigation")).to_be_hidden()
    await page.emulate_media(media="screen")
    nothing_yet = page.get_by_text("Nothing yet, but that it came in.")
    await expect(nothing_yet.or_(page.locator(".history"))).to_be_visible()
    await leadwire.mark(lead_id, "interested")
    await page.get_by_role("button", name="Correct the decision").click()
    await page.get_by_label("Why").fill("I was faster")
    corrected = {"status": "not_interested", "reason": "called again"}
    await leadwire.ask("PUT", f"/v1/leads/{lead_id}/status", json=corrected)
    await expect(page.locator(".details .pill")).to_have_text("Not interested")
    await page.get_by_role("button", name="Correct to not interested").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    history = await leadwire.ask("GET", f"/v1/leads/{lead_id}/history")
    assert history["items"][-1]["reason"] == "called again"
    await leadwire.ask("DELETE", f"/v1/leads/{lead_id}")
    await expect(page.locator(".details")).to_contain_text("This lead is not here.")
    await expect(page.locator(".details")).not_to_contain_text("Adele")


async def test_a_resume_is_saved_as_it_was_sent(leadwire: Leadwire, windows: Windows) -> None:
    text = b"I have worked for forty years.\n"
    form = aiohttp.FormData({"name": "Jean", "family_name": "Bartik", "email": "jean@example.com"})
    form.add_field("resume", text, filename="of-jean.txt", content_type="text/plain")
    lead = await leadwire.ask("POST", "/v1/leads", data=form)
    await leadwire.can_read(lead["id"])
    page = await windows.open(f"#/leads/{lead['id']}")
    async with page.expect_download() as downloading:
        await page.locator(".details").get_by_role("button", name="Resume").click()
    saved = await downloading.value
    assert saved.suggested_filename == "of-jean.txt"
    assert (await saved.path()).read_bytes() == text


async def test_what_is_known_of_a_lead_at_hand_comes_though_late(
    leadwire: Leadwire, windows: Windows, people: dict[str, str]
) -> None:
    lead_id = await lead_of(leadwire, people["Jonas Weber"])
    attributes = {"attributes": {"Note": "likes boats"}}
    await leadwire.ask("PATCH", f"/v1/leads/{lead_id}", json=attributes)
    refusals = iter([(404, "not_found")])
    told = asyncio.Event()

    async def refuse_at_first(route: Route) -> None:
        if told.is_set():
            await route.continue_()
            return
        status, code = next(refusals, (502, "bad_gateway"))
        await route.fulfill(status=status, json={"code": code, "detail": f"It is {code}."})

    page = await windows.open("about:blank", hurried=True)
    windows.away_expected = True  # the browser notes a refusal as an error
    await page.route(f"**/v1/leads/{lead_id}", refuse_at_first)
    await page.goto(f"{windows.url}/#/work/{people['Jonas Weber']}")
    await expect(page.get_by_role("alert")).to_contain_text("It is bad_gateway.")
    told.set()
    await expect(page.locator(".lead-card")).to_contain_text("likes boats")
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_who_leaves_while_a_file_is_sent_is_told_that_it_stopped(windows: Windows) -> None:
    page = await windows.open("#/import")
    large: FilePayload = {"name": "x.csv", "mimeType": "text/csv", "buffer": LARGE}
    await page.locator("input[type=file]").set_input_files(large)
    connection = await page.context.new_cdp_session(page)
    await connection.send("Network.emulateNetworkConditions", SLOW | {"uploadThroughput": 5_000})
    await page.get_by_role("button", name="Check the file").click()
    await expect(page.get_by_text("Sending,")).to_be_visible()
    # What the answer is about stays chosen until it is there.
    await expect(page.get_by_label("Email")).to_be_disabled()
    await expect(page.get_by_label("Numbers without + are from")).to_be_disabled()
    await page.get_by_role("link", name="Flow").click()
    await expect(page.get_by_role("status").filter(has_text="that has stopped")).to_be_visible()


async def test_a_file_is_dropped_and_how_far_its_import_is_can_be_seen(windows: Windows) -> None:
    page = await windows.open("#/import")
    two = await page.evaluate_handle(DROPPED, [ONE_LEAD.decode(), ONE_LEAD.decode()])
    await page.locator(".drop").dispatch_event("drop", {"dataTransfer": two})
    await expect(page.get_by_role("alert")).to_contain_text("These are several files.")
    dropped = await page.evaluate_handle(DROPPED, [ONE_LEAD.decode()])
    assert await page.evaluate(DROPPED_BESIDE, dropped)
    await page.locator(".drop").dispatch_event("drop", {"dataTransfer": dropped})
    await page.get_by_role("button", name="Check the file").click()
    await expect(page.get_by_text("If numbers failed that do not begin with +")).to_be_visible()
    await page.get_by_label("Numbers without + are from").select_option("United States")
    await page.get_by_role("button", name="Check the file").click()
    await expect(page.get_by_text("1 lead would be imported")).to_be_visible()
    ended = asyncio.Event()

    async def half_done(route: Route) -> None:
        answer = await route.fetch()
        receipt = await answer.json()
        if not ended.is_set():
            receipt |= {"status": "running", "finished_at": None, "progress": HALF_DONE}
        await route.fulfill(response=answer, json=receipt)

    await page.route(re.compile("/v1/imports/[^/?]+$"), half_done)
    await page.get_by_role("button", name=re.compile("^Import 1 lead")).click()
    await expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "50")
    await expect(page.get_by_text("12,345 rows/s")).to_be_visible()
    await expect(page.get_by_text("about 2 min left")).to_be_visible()
    ended.set()
    await expect(page.locator(".sums")).to_have_text(re.compile("Rows1Imported1Failed0"))
    await page.get_by_role("link", name="Show these leads").click()
    await page.locator(".rows tbody tr:not(.room)").click()
    call = page.locator(".details").get_by_role("link", name="Call +12125550199 ext. 27")
    await expect(call).to_have_text("+12125550199 ext. 27")


async def test_managers_beyond_the_first_ones_are_as_live_as_these(
    leadwire: Leadwire, windows: Windows, people: dict[str, str]
) -> None:
    async def few_at_once(route: Route) -> None:
        url = re.sub(r"limit=\d+", "limit=1", route.request.url)
        await route.continue_(url=url)

    page = await windows.open("about:blank", hurried=True)
    await page.route("**/v1/managers?*", few_at_once)
    await page.goto(f"{windows.url}/#/managers")
    rows = page.locator(".people-table tbody tr")
    await expect(rows).to_have_count(1)
    # Where one chooses as whom to work the others are found by their name.
    await page.get_by_role("link", name="Work").click()
    await expect(page.get_by_text("Only the first 1 are shown.")).to_be_visible()
    await page.get_by_role("link", name="Managers").click()
    await page.get_by_role("button", name="Show more").click()
    await expect(rows).to_have_count(len(people))
    for manager_id in people.values():
        await leadwire.ask("POST", f"/v1/managers/{manager_id}/pause")
    for name in people:
        await expect(page.get_by_role("row", name=name)).to_contain_text("Paused")
    for manager_id in people.values():
        await leadwire.ask("POST", f"/v1/managers/{manager_id}/resume")


async def test_a_manager_is_paused_and_removed_once_it_is_seen_what_follows(
    leadwire: Leadwire, windows: Windows
) -> None:
    await leadwire.add_manager("Tom Becker")
    page = await windows.open("#/managers?q=tom", hurried=True)
    tom = page.get_by_role("row", name="Tom Becker")
    await expect(tom).to_contain_text("Busy")
    await tom.get_by_role("button", name="Change").click()
    await page.get_by_label("Email (optional)").fill("tom@example.com")
    await page.get_by_label("Leads at once").fill("2")
    # Whoever does not match any more leaves the list, but not what is being typed of him.
    (known,) = (await leadwire.ask("GET", "/v1/managers?q=tom"))["items"]
    await leadwire.ask("PATCH", f"/v1/managers/{known['id']}", json={"name": "Pim Becker"})
    await expect(page.get_by_text("No manager matches")).to_be_attached()
    await page.get_by_role("button", name="Save").click()
    # Nor is what somebody else changed meanwhile turned round by it.
    await expect(page.get_by_role("status").filter(has_text="Pim Becker")).to_be_visible()
    known = await leadwire.ask("PATCH", f"/v1/managers/{known['id']}", json={"name": "Tom Becker"})
    assert (known["email"], known["capacity"]) == ("tom@example.com", 2)
    await expect(tom).to_contain_text("tom@example.com")
    await tom.get_by_role("button", name="Pause").click()
    await expect(tom).to_contain_text("Paused")
    await tom.get_by_role("button", name="Remove").click()
    dialog = page.get_by_role("dialog", name="Remove Tom Becker?")
    await expect(dialog.get_by_role("listitem")).to_have_count(2)
    await dialog.get_by_role("button", name="Remove").click()
    await expect(page.get_by_role("heading", name="No manager matches")).to_be_visible()
    await page.get_by_role("button", name="Removed").click()
    await page.get_by_role("button", name="Restore").click()
    await expect(page.get_by_role("heading", name="No manager matches")).to_be_visible()


async def test_everything_is_within_reach_of_the_keyboard(
    leadwire: Leadwire, windows: Windows
) -> None:
    await leadwire.add_lead("Jean", "Lovelace", "jean.lovelace@example.com")
    page = await windows.open("#/leads")
    await expect(page.locator(".rows tbody tr").first).to_contain_text("Jean Lovelace")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()
    await page.keyboard.press("/")
    await page.keyboard.type("lovel?")
    await expect(page.get_by_role("heading", name="No lead matches")).to_be_visible()
    await page.keyboard.press("Backspace")
    await expect(page).to_have_url(re.compile(r"#/leads\?q=lovel$"))
    await page.keyboard.press("Escape")
    await page.get_by_role("grid").focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.locator(".details h2")).to_have_text("Jean Lovelace")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.locator(".details h2")).to_have_text("Jean Lovelace")
    await page.keyboard.press("Escape")
    await expect(page.locator(".details")).to_have_count(0)
    await expect(page.get_by_role("grid")).to_be_focused()
    await page.keyboard.press("g")
    await page.keyboard.press("f")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Flow")


async def test_the_flow_shows_a_webhook_that_takes_nothing(windows: Windows) -> None:
    page = await windows.open("#/flow")
    await page.get_by_role("button", name="Add a webhook").click()
    # Nobody listens at the port of discard.
    await page.get_by_label("Address").fill("http://127.0.0.1:9/leads")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.locator(".secret")).to_have_text(re.compile("^whsec_"))
    await page.get_by_role("dialog").get_by_role("button", name="Close").click()
    webhook = page.get_by_role("row", name="http://127.0.0.1:9/leads")
    await webhook.get_by_role("button", name="Send a test").click()
    await expect(page.get_by_role("status").filter(has_text="did not take")).to_be_visible()
    await webhook.get_by_role("button", name="Pause").click()
    await expect(webhook).to_contain_text("Paused")


async def test_what_a_webhook_did_not_take_is_tried_again(
    leadwire: Leadwire, windows: Windows
) -> None:
    # Nobody listens at the port of discard.
    url = f"http://127.0.0.1:9/again/{'and/' * 60}"
    await leadwire.ask("POST", "/v1/webhooks", json={"url": url, "types": ["lead_erased"]})
    lead_id = await leadwire.add_lead("Karen", "Jones", "karen@example.com")
    await leadwire.ask("DELETE", f"/v1/leads/{lead_id}")
    page = await windows.open("#/flow", hurried=True)
    await page.get_by_role("group", name="Deliveries").get_by_role("button", name="Pending").click()
    delivery = (
        page.get_by_role("row", name=url)
        .filter(has_text="lead_erased")
        .filter(has=page.get_by_role("button", name="Retry", exact=True))
    )
    attempts = delivery.locator(".amount")
    await expect(attempts).to_have_text(re.compile("[1-9]"))
    before = await attempts.inner_text()
    retry = await delivery.get_by_role("button", name="Retry").bounding_box()
    assert retry is not None
    assert retry["x"] + retry["width"] <= 1280, "a long address leaves no room for the button"
    await delivery.get_by_role("button", name="Retry").click()
    await expect(page.get_by_role("status").filter(has_text="It is tried again.")).to_be_visible()
    await expect(attempts).not_to_have_text(before)


async def test_which_events_a_webhook_gets_is_chosen_and_it_is_removed(
    leadwire: Leadwire, windows: Windows
) -> None:
    async def one_at_most(route: Route) -> None:
        await route.continue_(url=route.request.url.replace("limit=1000", "limit=1"))

    page = await windows.open("#/flow", hurried=True)
    await page.get_by_role("button", name="Add a webhook").click()
    await page.get_by_label("Address").fill("https://example.com/of-theirs")
    await page.get_by_label("What it is for").fill("the billing of theirs")
    await page.get_by_label("Only these").check()
    add = page.get_by_role("button", name="Add", exact=True)
    await expect(add).to_be_disabled()  # of none at all it would get every event
    await page.get_by_label("lead_interested_created").check()
    await page.get_by_label("lead_erased").check()
    assert await serious_violations(page) == []
    await add.click()
    await page.get_by_role("dialog").get_by_role("button", name="Close").click()
    webhook = page.get_by_role("row", name="https://example.com/of-theirs")
    await page.route("**/v1/webhooks?*", one_at_most)
    more = {"url": "https://example.org/one-more", "types": ["lead_erased"], "state": "paused"}
    one_more = await leadwire.ask("POST", "/v1/webhooks", json=more)
    await expect(page.get_by_text("Only the first 1 are shown.")).to_be_visible()
    await leadwire.ask("DELETE", f"/v1/webhooks/{one_more['id']}")
    await page.unroute("**/v1/webhooks?*")
    await expect(webhook).to_contain_text("the billing of theirs")
    await page.set_viewport_size({"width": 360, "height": 740})
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await page.set_viewport_size({"width": 1280, "height": 800})
    await expect(webhook).to_contain_text("lead_erased, lead_interested_created")
    await webhook.get_by_role("button", name="Change").click()
    await page.get_by_label("lead_erased").uncheck()
    await page.get_by_role("button", name="Save").click()
    await expect(webhook.get_by_role("cell").nth(1)).to_have_text("lead_interested_created")
    await webhook.get_by_role("button", name="Change").click()
    await page.get_by_role("button", name="Remove this webhook").click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    await expect(webhook).to_have_count(0)


async def test_a_parked_event_is_requeued_and_at_last_discarded(
    leadwire: Leadwire, windows: Windows
) -> None:
    async def publish(*bodies: bytes) -> None:
        broker = broker_from_url(leadwire.broker_url, name="somebody else")
        await broker.start()
        for body in bodies:
            unreadable = Message(id=f"unreadable {body!r}", type="leads_created", body=body)
            assert list(await broker.publish([unreadable], only="manager-svc")) == [Accepted()]
        await broker.stop()

    await publish(b"{}")
    page = await windows.open("#/flow", hurried=True)
    parked = page.get_by_role("row").filter(has=page.get_by_role("button", name="Requeue"))
    await expect(parked).to_contain_text("leads_created")
    when = await parked.locator("time").get_attribute("datetime")
    await parked.get_by_role("button", name="Requeue").click()
    await expect(page.get_by_role("status").filter(has_text="Requeued.")).to_be_visible()
    # It is as unreadable as before.
    await expect(parked.locator("time")).not_to_have_attribute("datetime", when or "")
    await parked.get_by_role("button", name="Discard").click()
    await page.get_by_label("Why (write nothing personal)").fill("no event of ours")
    await page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    await expect(page.get_by_text("Nothing is parked.")).to_be_visible()
    await publish(b"0")
    await parked.get_by_role("button", name="Discard").click()
    await page.get_by_label("Why (write nothing personal)").fill("nor is this")
    # Somebody else is faster: its row goes, but not what is being typed of it.
    (held,) = (await leadwire.ask("GET", "/v1/ops/manager-svc/parked"))["items"]
    path = f"/v1/ops/manager-svc/parked/{quote(held['id'], safe='')}"
    await leadwire.ask("DELETE", f"{path}?reason=known")
    await expect(page.get_by_text("Nothing is parked.")).to_be_attached()
    await page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await publish(b"[]", b"[1]")
    await expect(parked).to_have_count(2)
    await page.get_by_role("button", name="Requeue all").click()
    told = page.get_by_role("status").filter(has_text="manager-svc: 2 requeued.")
    await expect(told).to_be_visible()
    await expect(parked).to_have_count(2)


NOTE_LINKS = """
window.links = [];
document.addEventListener("click", (event) => {
  const link = event.target.closest("a")?.href ?? "";
  if (/^(tel|mailto):/.test(link)) window.links.push(link) && event.preventDefault();
});
"""


async def test_a_lead_is_found_by_its_number_which_is_called_and_copied(
    leadwire: Leadwire, windows: Windows
) -> None:
    added = await leadwire.ask(
        "POST",
        "/v1/leads",
        json={
            "name": "Carol",
            "family_name": "Shaw",
            "email": "o'shaw+games@example.com",
            "cellphone": "+12125550188",
        },
    )
    page = await windows.open("#/managers")
    await page.get_by_label("Find by name").fill("(212) 555-0188")
    await page.get_by_role("link", name="Search among the leads").click()
    row = page.locator(".rows tbody tr:not(.room)")
    await expect(row).to_have_count(1)
    await row.click()
    await expect(page).to_have_url(re.compile(rf"#/leads/{added['id']}(\?|$)"))
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.evaluate(NOTE_LINKS)
    await page.get_by_role("button", name="Copy +12125550188").click()
    await expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == "+12125550188"
    await page.keyboard.press("c")
    await page.keyboard.press("e")
    links = ["tel:+12125550188", "mailto:o'shaw%2Bgames@example.com"]
    assert await page.evaluate("window.links") == links


# As soon as the name of another lead is there.
PRESS_AT_ONCE = """
const name = document.querySelector(".lead-card h2").textContent;
new MutationObserver((_, observer) => {
  const card = document.querySelector(".lead-card");
  if (card === null || card.querySelector("h2").textContent === name) return;
  observer.disconnect();
  card.querySelector(".button.good").click();
  window.pressedFor = card.querySelector("h2").textContent;
}).observe(document.body, { childList: true, subtree: true, characterData: true });
"""


async def test_one_press_decides_one_lead(
    leadwire: Leadwire, windows: Windows, people: dict[str, str]
) -> None:
    for number in range(5):
        await leadwire.add_lead("Lead", f"No{number}", f"pressed{number}@example.com")
    page = await windows.open(f"#/work/{people['Maya Okafor']}")
    name, interested = page.locator(".lead-card h2"), page.locator(".marks .button.good")

    async def at_hand() -> tuple[str, str]:
        await expect(interested).to_be_enabled()
        return await lead_of(leadwire, people["Maya Okafor"]), await name.inner_text()

    first, _ = await at_hand()
    await page.keyboard.down("Shift")
    await page.keyboard.down("N")
    await expect(page.get_by_role("status").filter(has_text=": not interested.")).to_be_visible()
    second, text = await at_hand()
    assert second != first
    await page.keyboard.down("N")  # is held
    await page.keyboard.up("N")
    await page.keyboard.up("Shift")
    await page.evaluate(PRESS_AT_ONCE)
    await interested.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status").filter(has_text=f"{text}: interested.")).to_be_visible()
    third, text = await at_hand()
    assert await page.evaluate("window.pressedFor") == text
    # Who goes by the keyboard goes on at the lead, not at the top of the page.
    await expect(page.get_by_role("article", name=text)).to_be_focused()
    await page.get_by_role("button", name="Not interested N").click()
    await expect(name).not_to_have_text(text)
    decided = page.get_by_role("region", name="Decided here").get_by_role("link")
    await expect(decided).to_have_count(3)
    await expect(decided.first).to_contain_text(text)
    await expect(decided.first).to_have_attribute("href", f"#/leads/{third}")
    for lead_id, status in ((second, "interested"), (third, "not_interested")):
        history = await leadwire.ask("GET", f"/v1/leads/{lead_id}/history")
        assert [each["to_status"] for each in history["items"]][-1] == status


async def test_a_lead_that_leaves_is_told_of_and_what_is_typed_does_not_reach_the_next(
    leadwire: Leadwire, windows: Windows
) -> None:
    kim = await leadwire.add_manager("Kim Sørensen")
    for number in range(9):
        await leadwire.add_lead("Leaving", f"No{number}", f"leaving{number}@example.com")
    page = await windows.open(f"#/work/{kim}")
    name = page.locator(".lead-card h2")
    taken = await lead_of(leadwire, kim)
    text = await name.inner_text()
    await page.get_by_role("button", name="Give back").click()
    why = page.get_by_label("Why")
    await why.press_sequentially("No")
    await leadwire.ask("DELETE", f"/v1/leads/{taken}/assignee?manager_id={kim}")
    await expect(name).not_to_have_text(text)
    await expect(page.locator(".marks .button.good")).to_be_enabled()
    await page.keyboard.type(" answer, Not In")
    await expect(why).to_have_value("No answer, Not In")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    told = page.get_by_role("alert").filter(has_text="is not with you any more")
    await expect(told).to_contain_text(text[:20])
    lead_id = await lead_of(leadwire, kim)
    assert (await leadwire.ask("GET", f"/v1/leads/{lead_id}"))["status"] == "pending"

    # Of what is done although nobody answered it is told as well.
    async def lose_the_answer(route: Route) -> None:
        await route.fetch()
        await route.abort()

    windows.away_expected = True
    await page.route("**/v1/leads/*/status", lose_the_answer)
    await page.get_by_role("button", name="Not interested").click()
    done = page.get_by_role("status").filter(has_text=": not interested.")
    await expect(done).to_be_visible()
    decided = page.get_by_role("region", name="Decided here").get_by_role("link")
    await expect(decided).to_have_attribute("href", f"#/leads/{lead_id}")
    for keys in ("gl", "gw"):
        await page.keyboard.type(keys)
    await expect(name).to_be_visible()
    assert page.url.endswith(f"#/work/{kim}")
    await leadwire.ask("DELETE", f"/v1/managers/{kim}")
