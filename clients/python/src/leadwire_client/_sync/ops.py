"""How services stand, and their parked events, for a client that blocks."""

from collections.abc import Iterator

from leadwire_client._core.calls import ops as calls
from leadwire_client._sync.caller import Caller
from leadwire_client.ops import ParkedDecision, ParkedEvent, Requeued, ServiceStatus


class OpsOperations(Caller):
    """What operators ask of each service, which they name as `manager-svc`."""

    def service_status(self, service: str) -> ServiceStatus:
        """Read how a service stands: what waits in it, and what is parked."""
        return self._run(calls.status(service))

    def parked(
        self,
        service: str,
        *,
        subscription: str | None = None,
        event_type: str | None = None,
        place: str | None = None,
    ) -> Iterator[ParkedEvent]:
        """Give parked events without their bodies, page by page as they are asked for.

        Args:
            service: Where they are parked.
            subscription: Only deliveries of this subscription.
            event_type: Only events of this type.
            place: Only `consumer`, or only `outbox`.
        """
        which = calls.chosen(subscription=subscription, event_type=event_type, place=place)
        return self._all(lambda at: calls.parked(service, which=which, at=at))

    def parked_event(self, service: str, parked_id: str) -> ParkedEvent:
        """Read a parked event, with its headers and its body."""
        return self._run(calls.parked_event(service, parked_id))

    def requeue_parked(self, service: str, parked_id: str) -> ParkedDecision:
        """Have a parked event handled again, with new attempts, or published again."""
        return self._run(calls.requeue(service, parked_id))

    def requeue_all_parked(
        self,
        service: str,
        *,
        subscription: str | None = None,
        event_type: str | None = None,
        place: str | None = None,
    ) -> Requeued:
        """Requeue all that match and are parked now; what fails again meanwhile is left.

        Args:
            service: Where they are parked.
            subscription: Only deliveries of this subscription.
            event_type: Only events of this type.
            place: Only `consumer`, or only `outbox`.
        """
        which = calls.chosen(subscription=subscription, event_type=event_type, place=place)
        done = self._run(calls.requeue_some(service, which=which, cursor=None))
        while done.next_cursor is not None:
            batch = self._run(calls.requeue_some(service, which=which, cursor=done.next_cursor))
            done = done.followed_by(batch)
        return done

    def discard_parked(self, service: str, parked_id: str, *, reason: str) -> None:
        """Delete a parked event for good; its id and the reason are kept."""
        self._run(calls.discard(service, parked_id, reason=reason))

    def parked_decisions(self, service: str) -> Iterator[ParkedDecision]:
        """Give what was done with parked events, newest first."""
        return self._all(lambda at: calls.decisions(service, at=at))
