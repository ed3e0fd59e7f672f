"""The web console: the files of `console/dist`, at `/`.

They are built by Node.js when the console changes, and come with this distribution, so that to
run it takes no Node.js. They speak to the public API alone.
"""

from pathlib import Path
from typing import Final

from aiohttp import web

from leadwire.http import serve_file

_FILES: Final = Path(__file__).parent / "console_files"
_PAGE: Final = "index.html"

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""The page runs its own scripts, and asks its own server; a gateway sends the same."""

_SECURE: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_ASKED_EACH_TIME: Final = {"Cache-Control": "no-cache"}
# The name of a file under `assets/` bears the hash of its content.
_NEVER_CHANGES: Final = {"Cache-Control": "public, max-age=31536000, immutable"}

page = serve_file(_FILES / _PAGE, _SECURE | _ASKED_EACH_TIME)
"""Answers at `/`."""


def add_console(app: web.Application) -> None:
    """Serve what the page is made of.

    Raises:
        RuntimeError: This distribution lacks its files.
    """
    if not (_FILES / _PAGE).is_file():
        raise RuntimeError("the files of the web console are missing: install this anew")
    for file in sorted(_FILES.rglob("*")):
        if file.is_file() and file.name != _PAGE:
            path = file.relative_to(_FILES).as_posix()
            caching = _NEVER_CHANGES if path.startswith("assets/") else _ASKED_EACH_TIME
            app.router.add_get(f"/{path}", serve_file(file, _SECURE | caching))
