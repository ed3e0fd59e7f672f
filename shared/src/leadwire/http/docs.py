"""The OpenAPI document, and Swagger UI to try it out.

Swagger UI's files come from the installed distribution `swagger-ui-py` and are served from
here, so the page works without the Internet.
"""

from importlib.util import find_spec
from pathlib import Path

from aiohttp import web

from leadwire.http.middleware import Handler
from leadwire.http.openapi import OPENAPI
from leadwire.http.problems import Problem
from leadwire.http.responses import json_response

_OURS = ("initializer.js",)
_SWAGGER_UI = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")
_OUR_FILES = Path(__file__).parent / "static"

_PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-cache",
}


def add_documentation(app: web.Application) -> None:
    """Serve `/openapi.json` and Swagger UI under `/docs`, to which `/` leads."""
    swagger_ui = _swagger_ui_files()
    app.router.add_get("/openapi.json", _document)
    app.router.add_get("/", _to_the_page)
    app.router.add_get("/docs", _page)
    app.router.add_get("/docs/", _page)
    files = [_OUR_FILES / name for name in _OURS] + [swagger_ui / name for name in _SWAGGER_UI]
    for file in files:
        app.router.add_get(f"/docs/{file.name}", _file_handler(file))


def _swagger_ui_files() -> Path:
    # Found without being imported: the package's code would pull in a template engine.
    package = find_spec("swagger_ui")
    if package is None or package.origin is None:
        raise RuntimeError("the distribution swagger-ui-py is not installed")
    return Path(package.origin).parent / "static"


async def _document(request: web.Request) -> web.Response:
    return json_response(request.app[OPENAPI].document())


async def _to_the_page(_: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": "/docs"})


async def _page(request: web.Request) -> web.FileResponse:
    _insist_on_range(request, _OUR_FILES / "index.html")
    return web.FileResponse(_OUR_FILES / "index.html", headers=_PAGE_HEADERS)


def _file_handler(file: Path) -> Handler:
    async def send(request: web.Request) -> web.FileResponse:
        _insist_on_range(request, file)
        return web.FileResponse(file, headers={"Cache-Control": "no-cache"})

    return send


def _insist_on_range(request: web.Request, file: Path) -> None:
    """Refuse a range that the file does not have; aiohttp would do so without a problem.

    Raises:
        Problem: The range is malformed, or begins after the end.
    """
    size = file.stat().st_size
    try:
        start = request.http_range.start
    except ValueError:
        start = size
    if start is not None and start >= size:
        raise Problem(
            status=416,
            code="range_not_satisfiable",
            detail=f"The file has {size} bytes; ask for a range of them, or for all.",
            headers={"Content-Range": f"bytes */{size}"},
        )
