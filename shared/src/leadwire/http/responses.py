"""Render answers."""

from collections.abc import Mapping

import orjson
from aiohttp import web
from pydantic import BaseModel

from leadwire.http.problems import JSON


def dump(content: BaseModel | JSON) -> bytes:
    """Encode a model, or anything that JSON knows, as JSON."""
    if isinstance(content, BaseModel):
        return content.model_dump_json(by_alias=True).encode()
    return orjson.dumps(content)


def json_response(
    content: BaseModel | JSON, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Answer with JSON."""
    return web.Response(
        status=status, body=dump(content), content_type="application/json", headers=headers
    )
