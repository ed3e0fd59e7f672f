"""Send emails, as long as the process runs."""

from typing import Final

from leadwire.db import is_transient
from leadwire.lifecycle import PeriodicTask
from notifier_svc.usecases.deliver_emails import EmailDeliverer

_FINISH_WITHIN: Final = 10.0


class EmailLoop(PeriodicTask):
    """Looks for emails that are due; every replica may, as each takes what the others have not.

    What is under way when the process stops may end: an email that is cut off there is sent by the
    next process, and was perhaps sent already.

    Args:
        deliverer: Tries them.
        interval: Seconds between two looks when there is nothing to do.
    """

    def __init__(self, *, deliverer: EmailDeliverer, interval: float = 0.5) -> None:
        self._deliverer = deliverer
        super().__init__(
            name="emails",
            interval=interval,
            body=deliverer.deliver_due,
            passes=is_transient,
        )

    async def stop(self) -> None:
        """Claim nothing more, and let what is under way end."""
        await super().stop()
        await self._deliverer.finish(within=_FINISH_WITHIN)
