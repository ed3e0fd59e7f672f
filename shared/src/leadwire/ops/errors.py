"""What can be refused of what an operator asks for."""

from leadwire.outbox import DecisionKind, ParkedId


class OpsError(Exception):
    """Any of these.

    Attributes:
        code: Stable name of what is wrong.
    """

    code: str


class ParkedEventNotFoundError(OpsError):
    """Nothing is parked under this id, nor was; or it told only of something that was erased."""

    code = "parked_event_not_found"

    def __init__(self, parked_id: ParkedId) -> None:
        super().__init__(f"nothing is parked as {parked_id}: list what is")


class AlreadyDecidedError(OpsError):
    """Another operator was faster, and decided otherwise: the event was requeued or discarded."""

    code = "already_decided"

    def __init__(self, parked_id: ParkedId, decision: DecisionKind) -> None:
        super().__init__(f"{parked_id} was {decision} already: the decisions say when and why")


class BrokerAwayError(OpsError):
    """The broker did not take the event now; it is parked as before."""

    code = "broker_unavailable"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the broker did not take it now ({reason}); what it did not take is parked as before, "
            "so ask again later"
        )


class SubscriptionMissingError(OpsError):
    """The subscription whose delivery is parked does not exist at the broker any more."""

    code = "subscription_missing"

    def __init__(self, subscription: str | None) -> None:
        super().__init__(
            f"the broker has no subscription {subscription}: run `topology`, or discard the event"
        )


class NotPublishableError(OpsError):
    """The broker will never take the event, as something in it is not allowed."""

    code = "not_publishable"

    def __init__(self, reason: str) -> None:
        super().__init__(f"the broker will never take it: {reason}; discard it, with a reason")
