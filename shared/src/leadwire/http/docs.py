"""The OpenAPI document, and Swagger UI to try it out.

Swagger UI's files come from the installed distribution `swagger-ui-py` and are served from
here, so the page works without the Internet.
"""

from importlib.util import find_spec
from pathlib import Path

from aiohttp import web

from leadwire.http.files import serve_file
from leadwire.http.openapi import OPENAPI
from leadwire.http.responses import json_response

_OURS = ("initializer.js",)
_SWAGGER_UI = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")
_OUR_FILES = Path(__file__).parent / "static"

_FILE_HEADERS = {"Cache-Control": "no-cache"}
_PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    **_FILE_HEADERS,
}


def add_documentation(app: web.Application) -> None:
    """Serve `/openapi.json` and Swagger UI under `/docs`."""
    swagger_ui = _swagger_ui_files()
    page = serve_file(_OUR_FILES / "index.html", _PAGE_HEADERS)
    app.router.add_get("/openapi.json", _document)
    app.router.add_get("/docs", page)
    app.router.add_get("/docs/", page)
    files = [_OUR_FILES / name for name in _OURS] + [swagger_ui / name for name in _SWAGGER_UI]
    for file in files:
        app.router.add_get(f"/docs/{file.name}", serve_file(file, _FILE_HEADERS))


async def lead_to_documentation(_: web.Request) -> web.Response:
    """Answer at `/`, where nothing else does."""
    return web.Response(status=302, headers={"Location": "/docs"})


def _swagger_ui_files() -> Path:
    # Found without being imported: the package's code would pull in a template engine.
    package = find_spec("swagger_ui")
    if package is None or package.origin is None:
        raise RuntimeError("the distribution swagger-ui-py is not installed")
    return Path(package.origin).parent / "static"


async def _document(request: web.Request) -> web.Response:
    return json_response(request.app[OPENAPI].document())
