"""Leave a service alone that takes no emails, and come back to it with a single one.

Without that each email would find out by itself, with all its attempts and time-outs, and a
server that is down, or an account that is locked for wrong passwords, would be bothered without
end. So each failure of the service begins a pause, which doubles until one email gets through.
Of the emails that were under way together the first to fail begins it; the others, which began
before, say nothing new.

Each replica has a pause of its own: it needs no database, and a replica whose network alone is
broken pauses alone.
"""

import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import timedelta
from random import SystemRandom
from typing import Final
from uuid import UUID

import structlog

from notifier_svc.mail.errors import EmailServiceError
from notifier_svc.mail.outgoing import OutgoingEmail
from notifier_svc.mail.transport import EmailTransport

log = structlog.get_logger(__name__)

_random = SystemRandom()

FIRST_PAUSE: Final = 2.0
LONGEST_PAUSE: Final = 300.0


class PausingTransport:
    """A transport that pauses after failures of its service.

    Args:
        transport: Sends.
        clock: Tells the seconds.
    """

    def __init__(
        self, transport: EmailTransport, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._failures = 0
        self._until = clock()

    def room(self, most: int) -> int:
        """Tell how many emails may be tried now: none in a pause, then one, then most."""
        if self._clock() < self._until:
            return 0
        return 1 if self._failures else most

    async def send(self, email: OutgoingEmail) -> None:
        """Send an email, if there is no pause.

        Raises:
            EmailNotSentError: It was not sent.
        """
        left = self._until - self._clock()
        if left > 0:
            raise EmailServiceError("the service is given a pause", retry_after=_seconds(left))
        failures = self._failures
        try:
            await self._transport.send(email)
        except EmailServiceError as error:
            if failures == self._failures:
                self._pause(error)
            raise
        self._failures = 0

    async def forget(self, *, older_than: timedelta) -> int:
        """Delete what the transport itself has kept for longer; return how many emails."""
        return await self._transport.forget(older_than=older_than)

    async def kept_leads(self) -> AbstractSet[UUID]:
        """Return the leads of which the transport itself keeps emails."""
        return await self._transport.kept_leads()

    async def forget_leads(self, lead_ids: AbstractSet[UUID]) -> None:
        """Delete all emails about these leads that the transport itself keeps."""
        await self._transport.forget_leads(lead_ids)

    def _pause(self, error: EmailServiceError) -> None:
        doubled = min(FIRST_PAUSE * (1 << min(self._failures, 20)), LONGEST_PAUSE)
        pause = doubled * _random.uniform(0.8, 1.2)
        if error.retry_after is not None:
            pause = max(pause, error.retry_after.total_seconds())
        self._failures += 1
        self._until = self._clock() + pause
        log.warning("email_service_paused", seconds=round(pause, 1), reason=str(error))


def _seconds(amount: float) -> timedelta:
    return timedelta(seconds=amount)
