"""What the handlers of this service work with."""

from dataclasses import dataclass
from typing import Final

from manager_svc.usecases.await_lead import LeadArrivals
from manager_svc.usecases.reads import Reads
from manager_svc.usecases.unit import Units

ANONYMOUS: Final = "anonymous"
"""The actor of every request as long as access is off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Made once per process, in `app.py`."""

    reads: Reads
    units: Units
    arrivals: LeadArrivals
