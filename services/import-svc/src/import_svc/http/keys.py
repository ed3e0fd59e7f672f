"""Whose an idempotency key is."""

from aiohttp import web

from leadwire.http import principal_of


def key_of_sender(request: web.Request, key: str) -> str:
    """Give a key its sender's name, so that nobody meets what others called the same.

    No name has a colon. Where access is off nobody has a name, and all share their keys.
    """
    name = principal_of(request).name
    return key if name is None else f"{name}:{key}"
