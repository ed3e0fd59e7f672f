"""Where an application and a request keep what the middlewares and handlers share."""

import asyncio
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network

from aiohttp import web

from leadwire.access import Authenticator, Principal
from leadwire.lifecycle import Supervisor

SUPERVISOR = web.AppKey("supervisor", Supervisor)
"""The components of the process; add yours before the application starts."""

LEAVING = web.AppKey("leaving", asyncio.Event)
"""Set when the process is about to stop: it is not ready any more, but still serves."""

DRAINING = web.AppKey("draining", asyncio.Event)
"""Set after `LEAVING`, when nothing new is accepted: long streams say goodbye and end."""

PASSING_FAILURES = web.AppKey("passing_failures", list[Callable[[Exception], bool]])
"""Tests of exceptions: one that holds makes the answer 503 instead of 500."""

REQUEST_ID = web.RequestKey("request_id", str)
"""The id of the request, in every log line and answer."""

AUTHENTICATOR = web.AppKey("authenticator", Authenticator)
"""Tells who asks; not there if access is off."""

PRINCIPAL = web.RequestKey("principal", Principal)
"""Who asks; in every request that reaches the handler of an operation."""

SERVED_HOSTS = web.AppKey("served_hosts", Sequence[str])
"""Names that are served beside localhost and addresses; not there if any is."""

TRUSTED_PROXIES = web.AppKey("trusted_proxies", Sequence[IPv4Network | IPv6Network])
"""Who is believed for whom a request is."""
