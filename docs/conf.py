"""How `make docs` makes a site of the Markdown files, which GitHub shows as they are.

The root of the repository is the source, so that links from page to page and to other files are
the same on the site and on GitHub.
"""

from pathlib import Path

from sphinx.application import Sphinx

project = "Leadwire"
author = "The Leadwire authors"
extensions = ["myst_parser"]
root_doc = "README"
include_patterns = [
    "*.md",
    "docs/**.md",
    "clients/*/README.md",
    "examples/*/README.md",
    "extensions/*/README.md",
    "requirements/README.md",
    "services/*/README.md",
    "shared/README.md",
    "standalone/README.md",
]
myst_heading_anchors = 4

html_theme = "furo"
html_title = "Leadwire"
html_copy_source = False
html_show_sphinx = False
html_use_index = False
html_additional_pages = {"index": "to_the_first_page.html"}
templates_path = ["_templates"]

GUIDES = [
    "docs/guide/import",
    "docs/guide/form",
    "docs/guide/managers",
    "docs/guide/assignment",
    "docs/guide/console",
    "docs/guide/access",
    "docs/guide/email",
    "docs/guide/read",
    "docs/guide/subscribe",
    "docs/guide/webhooks",
    "docs/guide/replay",
    "docs/guide/command-line",
    "clients/python/README",
    "docs/guide/proof",
    "docs/guide/write-a-broker",
    "examples/subscriber/README",
    "examples/subscriber-plain/README",
    "examples/subscriber-js/README",
]


def _others(directory: str, listed: list[str]) -> list[str]:
    """Return the pages of a directory that are in no place of their own."""
    root = Path(__file__).parents[1]
    pages = {f"{directory}/{page.stem}" for page in (root / directory).glob("*.md")}
    return sorted(pages - set(listed))


CONTENTS: dict[str, list[str]] = {
    "Tutorial": ["docs/tutorial"],
    "How-to guides": [*GUIDES, *_others("docs/guide", GUIDES)],
    "Operations": [
        "docs/operations/services",
        "docs/operations/*",
    ],
    "Reference": [
        "docs/reference/openapi/endpoints",
        "docs/reference/*",
        "clients/conformance/README",
    ],
    "Explanation": [
        "docs/explanation/guarantees",
        "ARCHITECTURE",
        "docs/adr/README",
    ],
    "Decisions": ["docs/adr/0*"],
    "The project": [
        "CHANGELOG",
        "CONTRIBUTING",
        "requirements/README",
        "services/*/README",
        "extensions/*/README",
        "shared/README",
        "standalone/README",
    ],
}
"""The pages by what a reader wants of them; a page that is in none is an error."""


def setup(app: Sphinx) -> None:
    """Have the first page list the others, without a word of it in its text."""
    app.connect("source-read", _add_contents)


def _add_contents(_app: Sphinx, docname: str, source: list[str]) -> None:
    if docname == root_doc:
        source[0] += "".join(
            "\n".join(
                [
                    "\n\n```{toctree}",
                    ":hidden:",
                    ":glob:",
                    f":caption: {caption}",
                    f":maxdepth: {1 if caption == 'Decisions' else 2}",
                    "",
                    *pages,
                    "```\n",
                ]
            )
            for caption, pages in CONTENTS.items()
        )
