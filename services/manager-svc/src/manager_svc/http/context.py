"""What the handlers of this service work with."""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from leadwire.http import principal_of
from manager_svc.usecases.await_lead import LeadArrivals
from manager_svc.usecases.reads import Reads
from manager_svc.usecases.unit import Units

ANONYMOUS: Final = "anonymous"
"""The actor of every request where access is off."""


def actor_of(request: web.Request) -> str:
    """Give who asks, as histories and events call him."""
    return principal_of(request).name or ANONYMOUS


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Made once per process, in `app.py`."""

    reads: Reads
    units: Units
    arrivals: LeadArrivals
