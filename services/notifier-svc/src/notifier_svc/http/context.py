"""What the handlers of this service work with."""

from dataclasses import dataclass

from leadwire.db import Database
from notifier_svc.domain.urls import Reach
from notifier_svc.usecases.start_replay import StartReplay


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Made once per process, in `app.py`."""

    database: Database
    reach: Reach
    start_replay: StartReplay
