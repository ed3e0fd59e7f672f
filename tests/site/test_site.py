"""`make docs`: what leads nowhere fails, and whoever reads the site asks no other host."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Final, TypeAlias

import pytest

ROOT: Final = Path(__file__).parents[2]
SPHINX: Final = Path(sys.prefix) / "site" / "bin" / "python"
FLAGS: Final = re.findall(r"-m sphinx (.*?) -c", (ROOT / "Makefile").read_text())
pytestmark = pytest.mark.timeout(300)  # the whole site, on a machine that has other work as well

Built: TypeAlias = tuple[Path, subprocess.CompletedProcess[str]]
ELSEWHERE: Final = re.compile(r"(?:https?:)?//")

# As docs/conf.py, but the first page has two links that lead nowhere, and one page is in no list.
SPOILED: Final = """
import runpy

real = runpy.run_path({conf!r})
globals().update({{name: value for name, value in real.items() if not name.startswith("_")}})
templates_path = [{templates!r}]
real["CONTENTS"]["Explanation"].remove("ARCHITECTURE")

def setup(app):
    real["setup"](app)
    app.connect("source-read", spoil)

def spoil(app, docname, source):
    if docname == "README":
        links = "[a](docs/guide/nowhere.md) [b](docs/guide/import.md#nowhere)"
        source[0] = source[0].replace("## Status", links + "\\n\\n## Status")
"""


@pytest.fixture(scope="module")
def spoiled(
    tmp_path_factory: pytest.TempPathFactory,
) -> Built:
    directory = tmp_path_factory.mktemp("site")
    conf, templates = str(ROOT / "docs" / "conf.py"), str(ROOT / "docs" / "_templates")
    (directory / "conf.py").write_text(SPOILED.format(conf=conf, templates=templates))
    [flags] = FLAGS
    done = subprocess.run(
        [SPHINX, "-m", "sphinx", *flags.split(), "-c", directory, ROOT, directory / "html"],
        capture_output=True,
        text=True,
        check=False,
    )
    return directory / "html", done


def test_links_anchors_and_pages_that_lead_nowhere_fail_and_nothing_else_does(
    spoiled: Built,
) -> None:
    _, done = spoiled
    assert done.returncode != 0
    warnings = [line for line in done.stderr.splitlines() if "WARNING" in line]
    assert len(warnings) == 3, done.stderr
    for fault in ("docs/guide/nowhere.md", "'docs/guide/import': 'nowhere'", "ARCHITECTURE.md"):
        assert any(fault in line for line in warnings), (fault, warnings)


class Loaded(HTMLParser):
    """Collects what a browser fetches to show a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" and given.get("rel") not in {"canonical", "search"}:
            self.addresses.append(given.get("href") or "")
        elif tag in {"script", "img", "iframe", "source", "video", "audio"}:
            self.addresses.append(given.get("src") or "")


def test_a_reader_asks_no_other_host(
    spoiled: Built,
) -> None:
    html, _ = spoiled
    pages = list(html.rglob("*.html"))
    assert len(pages) > 60
    for page in pages:
        loaded = Loaded()
        loaded.feed(page.read_text())
        assert not [each for each in loaded.addresses if ELSEWHERE.match(each)], page
    for style in html.rglob("*.css"):
        assert not re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", style.read_text()), style


def test_the_first_address_leads_to_the_first_page(
    spoiled: Built,
) -> None:
    html, _ = spoiled
    assert "url=README.html" in (html / "index.html").read_text()
    assert (html / "README.html").exists()
