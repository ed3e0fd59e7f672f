"""Render answers."""

from collections.abc import Mapping

import orjson
from aiohttp import web
from pydantic import BaseModel

from leadwire.http.problems import JSON


def json_response(
    content: BaseModel | JSON, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Answer with JSON, from a model or from anything that JSON knows."""
    if isinstance(content, BaseModel):
        encoded = content.model_dump_json(by_alias=True).encode()
    else:
        encoded = orjson.dumps(content)
    return encoded_json_response(encoded, status, headers)


def encoded_json_response(
    encoded: bytes, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Answer with JSON that is encoded already; a newline ends it, as terminals like it."""
    return web.Response(
        status=status, body=encoded + b"\n", content_type="application/json", headers=headers
    )
