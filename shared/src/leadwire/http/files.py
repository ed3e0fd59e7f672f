"""Files of a page, served as they lie on the disk."""

from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from leadwire.http.middleware import Handler
from leadwire.http.problems import Problem


def serve_file(file: Path, headers: Mapping[str, str]) -> Handler:
    """Return a handler that sends a file, or a range of it, or that it has not changed.

    Args:
        file: Which.
        headers: What the answer bears besides.
    """

    async def send(request: web.Request) -> web.FileResponse:
        _insist_on_range(request, file)
        return web.FileResponse(file, headers=headers)

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
