"""Send an event to a webhook."""

from datetime import UTC, datetime

from notifier_svc.domain.attempts import EventDelivery, Reply
from notifier_svc.domain.deliveries import NotDeliveredError
from notifier_svc.endpoints import EndpointClient, signed_headers


class EventSender:
    """Sends deliveries as signed requests.

    Args:
        client: Posts them.
    """

    def __init__(self, *, client: EndpointClient) -> None:
        self._client = client

    async def send(self, delivery: EventDelivery) -> Reply:
        """Post the event; return what was heard, whatever that is."""
        body = delivery.body or b""
        headers = signed_headers(
            event_id=delivery.event_id,
            body=body,
            secrets=delivery.secrets,
            now=datetime.now(UTC),
        )
        try:
            answer = await self._client.post(delivery.url, headers=headers, body=body)
        except NotDeliveredError as error:
            return Reply(error=str(error))
        return Reply(status=answer.status, retry_after=answer.retry_after)
