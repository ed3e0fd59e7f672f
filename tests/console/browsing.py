"""A browser, and what its pages must not do."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

Theme = Literal["light", "dark"]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
AXE = Path(__file__).parents[2] / "console/node_modules/axe-core/axe.min.js"
SERIOUS = {"serious", "critical"}
PATIENCE_MS = 30_000
# What is asked for again and again is asked for sooner.
HURRY = """
const every = window.setInterval;
window.setInterval = (call, pause) => every(call, Math.min(pause, 500));
"""


def chromium() -> str:
    """Return the path of the machine's browser; `tools/install-chromium` sees to one."""
    wanted = [os.environ["TEST_CHROMIUM"]] if "TEST_CHROMIUM" in os.environ else NAMES
    found = next(filter(None, map(shutil.which, wanted)), None)
    assert found is not None, "there is no Chromium: run tools/install-chromium"
    return found


@asynccontextmanager
async def started_browser() -> AsyncIterator[Browser]:
    """Start the machine's browser."""
    # Root may not use the sandbox; the pages are ours.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=options)
        yield browser
        await browser.close()


class Windows:
    """Windows of people who do not know of each other.

    Args:
        browser: Where they are opened.
        url: The console's address.
    """

    def __init__(self, *, browser: Browser, url: str) -> None:
        self._browser = browser
        self.url = url
        self._contexts: list[BrowserContext] = []
        self.faults: list[str] = []
        self.asked: set[str] = set()
        self.away_expected = False

    async def open(
        self,
        place: str = "",
        *,
        theme: Theme = "light",
        width: int = 1280,
        height: int = 800,
        hurried: bool = False,
    ) -> Page:
        """Open a window of somebody else at a place of the console, as `#/leads`.

        Args:
            place: Where in the console; `about:blank` for none as yet.
            theme: Which colours the system has.
            width: Of the window, in pixels.
            height: As the width.
            hurried: Whether what changes unheard is looked for twice a second.
        """
        context = await self._browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, locale="en-GB"
        )
        context.set_default_timeout(PATIENCE_MS)
        self._contexts.append(context)
        if hurried:
            await context.add_init_script(HURRY)
        page = await context.new_page()
        page.on("console", self._note_message)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda request: self.asked.add(request.url))
        await page.goto(place if place == "about:blank" else f"{self.url}/{place}")
        return page

    async def close(self) -> None:
        """Close all windows."""
        for context in self._contexts:
            await context.close()

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        # A container that starts beside the tests is a change of the machine's networks; the page
        # asks again.
        if "ERR_NETWORK_CHANGED" in message.text:
            return
        # A browser says so of each request that finds nobody; the page cannot keep it from that.
        if self.away_expected and "Failed to load resource" in message.text:
            return
        self.faults.append(f"{message.type}: {message.text} ({message.location['url']})")


async def serious_violations(page: Page, *, only: str | None = None) -> list[str]:
    """Have axe look at a page as it stands, by one rule or all; return what it finds serious."""
    # Not as a script of the page, whose policy lets in none but its own.
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text())
    # Colours on their way to others are none that stay.
    await page.evaluate("document.getAnimations().forEach((each) => each.finish())")
    found: dict[str, Any] = await page.evaluate(
        "rules => axe.run(rules === null ? {} : { runOnly: rules })", [only] if only else None
    )
    return [
        f"{each['id']}: {each['help']}: {[node['target'] for node in each['nodes']][:3]}"
        for each in found["violations"]
        if each["impact"] in SERIOUS
    ]
