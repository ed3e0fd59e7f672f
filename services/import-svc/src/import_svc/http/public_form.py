"""What anybody may send through the form, and how much of the answer he gets.

Those who show a role that brings leads, and everybody where access is off, send as much as they
like and are told everything. The honeypot is for all who do not say who they are.
"""

import math
import time
from collections.abc import Callable
from typing import Final

from aiohttp import web

from import_svc.http.requests import NewLead
from import_svc.metrics import ImportMetrics
from leadwire.access import Bucket, Buckets, Role
from leadwire.http import ErrorResponse, Problem, client_of, principal_of

TOO_MANY_LEADS: Final = ErrorResponse(
    429, "too_many_leads", "The address of the client has sent as many leads as it may for now."
)

_BRING_LEADS: Final = frozenset({Role.ADMIN, Role.IMPORTER, Role.INTAKE})


class PublicForm:
    """The limits of the form.

    Args:
        per_minute: Leads that one address may send a minute; as many may come at once.
        honeypot: Name of a field that people do not see, and programs that fill in every form do.
        conceals: Whether strangers are told only that something was received.
        metrics: Counts what is turned away.
        clock: Gives seconds that only grow.

    Attributes:
        honeypot: See above.
        conceals: See above.
    """

    def __init__(
        self,
        *,
        per_minute: int,
        honeypot: str,
        conceals: bool,
        metrics: ImportMetrics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._senders = Buckets(Bucket(size=per_minute, drop_seconds=60 / per_minute), clock=clock)
        self.honeypot = honeypot
        self.conceals = conceals
        self._metrics = metrics

    def admit(self, request: web.Request) -> None:
        """Let a request pass, before its body is read.

        Raises:
            Problem: 429 `too_many_leads`: its address sent too many.
        """
        if not self.is_stranger(request):
            return
        sender = client_of(request).encode()
        wait = self._senders.wait(sender)
        if wait > 0:
            self._metrics.turned_away("too_many")
            raise _too_many(wait)
        self._senders.fill(sender)

    def is_of_a_program(self, request: web.Request, fields: NewLead) -> bool:
        """Tell whether no person filled the form in, and count it.

        Whoever says who he is, as a backend that passes forms on, is taken at his word.
        """
        trapped = principal_of(request).name is None and fields.fills(self.honeypot)
        if trapped:
            self._metrics.turned_away("honeypot")
        return trapped

    def is_stranger(self, request: web.Request) -> bool:
        """Tell whether whoever sends this has no role that brings leads."""
        return not principal_of(request).roles & _BRING_LEADS


def _too_many(wait: float) -> Problem:
    after = max(1, math.ceil(wait))
    return Problem(
        status=TOO_MANY_LEADS.status,
        code=TOO_MANY_LEADS.code,
        detail=f"As many leads came from this address as may; send the next one in {after} s. "
        "Nothing was stored.",
        headers={"Retry-After": str(after)},
    )
