"""Work the deliveries off, as long as the process runs."""

from leadwire.db import is_transient
from leadwire.lifecycle import PeriodicTask
from notifier_svc.usecases.deliver_due import Deliverer


class DeliveryLoop(PeriodicTask):
    """Looks for due deliveries; every replica may, as each takes what the others have not.

    A delivery that is under way when the process stops is tried again by the next one.

    Args:
        deliverer: Tries them.
        interval: Seconds between two looks when there is nothing to do.
    """

    def __init__(self, *, deliverer: Deliverer, interval: float = 0.5) -> None:
        super().__init__(
            name="deliveries",
            interval=interval,
            body=deliverer.deliver_due,
            passes=is_transient,
        )
