"""The console as it is served: whole, small, and closed to everything but its own server."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from import_svc.decoding.columns import SYNONYMS
from leadwire.contracts import EventType
from leadwire.http import new_application
from leadwire_standalone import console

CONSOLE = Path(__file__).parents[3] / "console"
FIRST_VIEW_BYTES = 200_000
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
# Names of vocabularies, which nobody asks for.
NAMESPACES = ("http://www.w3.org/",)

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    app = new_application(title="console", version="1", authenticator=None, root=console.page)
    console.add_console(app)
    async with TestClient(TestServer(app)) as client:
        yield client


async def parts_of_the_page(client: Client) -> dict[str, bytes]:
    page = await (await client.get("/")).text()
    paths = re.findall(r'(?:src|href)="\./([^"]+)"', page)
    return {path: await (await client.get(f"/{path}")).read() for path in paths}


async def test_all_that_the_page_names_is_there(client: Client) -> None:
    parts = await parts_of_the_page(client)

    assert {Path(path).suffix for path in parts} == {".js", ".css", ".svg"}
    for path in parts:
        answer = await client.get(f"/{path}")
        assert (answer.status, answer.headers["X-Content-Type-Options"]) == (200, "nosniff")


async def test_the_first_view_is_small(client: Client) -> None:
    page = await (await client.get("/")).read()
    parts = await parts_of_the_page(client)

    assert len(page) + sum(map(len, parts.values())) < FIRST_VIEW_BYTES


async def test_nothing_but_the_own_server_may_be_asked(client: Client) -> None:
    parts = await parts_of_the_page(client)

    for path in ("", *parts):
        answer = await client.get(f"/{path}")
        assert answer.headers["Content-Security-Policy"] == POLICY, path
        text = await answer.text()
        hosts = re.findall(r"(?:https?:)?//[\w.-]+\.[a-z]{2,}/?", text)
        assert [each for each in hosts if not each.startswith(NAMESPACES)] == [], path


async def test_the_page_holds_no_script_or_style_of_its_own(client: Client) -> None:
    page = await (await client.get("/")).text()

    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\bstyle=|\bon\w+=", page) == []


async def test_the_page_is_asked_for_each_time_and_its_parts_once(client: Client) -> None:
    parts = await parts_of_the_page(client)

    assert (await client.get("/")).headers["Cache-Control"] == "no-cache"
    for path in parts:
        immutable = "immutable" in (await client.get(f"/{path}")).headers["Cache-Control"]
        assert immutable == path.startswith("assets/"), path


async def test_what_others_wrote_comes_with_their_licences(client: Client) -> None:
    answer = await client.get("/licences.txt")
    packages = json.loads((CONSOLE / "package.json").read_text())["dependencies"]

    assert answer.content_type == "text/plain"
    text = await answer.text()
    for name, version in packages.items():
        assert re.search(rf"^#+ {name} - {version} \(MIT\)$", text, re.MULTILINE), name
    assert text.count("Permission is hereby granted") >= len(packages)


def test_the_lock_names_no_registry_and_checks_what_comes_from_one() -> None:
    packages = json.loads((CONSOLE / "package-lock.json").read_text())["packages"]
    fetched = {name: each for name, each in packages.items() if name}

    assert [name for name, each in fetched.items() if "resolved" in each] == []
    assert [name for name, each in fetched.items() if "integrity" not in each] == []


def test_columns_are_recognised_by_the_names_that_the_server_knows() -> None:
    known = json.loads((CONSOLE / "src/views/import/synonyms.json").read_text())

    assert known == {field: list(names) for field, names in SYNONYMS.items()}


def test_a_webhook_may_get_each_type_of_event_that_there_is() -> None:
    offered = json.loads((CONSOLE / "src/views/flow/event-types.json").read_text())

    assert offered == list(EventType)


def test_what_is_built_is_what_is_served() -> None:
    served = Path(console.__file__).parent / "console_files"

    assert served.resolve() == CONSOLE / "dist"


def test_a_distribution_without_the_files_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "_FILES", tmp_path)

    with pytest.raises(RuntimeError, match="web console are missing"):
        console.add_console(web.Application())
