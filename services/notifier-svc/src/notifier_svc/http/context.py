"""What the handlers of this service work with."""

from collections.abc import Callable
from dataclasses import dataclass

from leadwire.db import Database
from notifier_svc.domain.urls import Reach
from notifier_svc.endpoints import EndpointClient
from notifier_svc.usecases.start_replay import StartReplay


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Made once per process, in `app.py`.

    Attributes:
        reach: Where webhooks may be.
        client: Posts test events to them.
        send_soon: To be called when something is to be sent to webhooks.
    """

    database: Database
    reach: Reach
    start_replay: StartReplay
    client: EndpointClient
    send_soon: Callable[[], None]
