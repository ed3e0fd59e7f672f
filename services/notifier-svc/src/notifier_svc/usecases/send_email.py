"""Make a delivery by email."""

from notifier_svc.domain.deliveries import EmailDelivery
from notifier_svc.mail import EmailTransport, OutgoingEmail


class EmailSender:
    """Sends deliveries as emails.

    Args:
        transport: Takes them.
        sender: Mailbox in `From` of all.
        reply_to: Mailbox in `Reply-To` of all, if answers are to go elsewhere.
    """

    def __init__(
        self, *, transport: EmailTransport, sender: str, reply_to: str | None = None
    ) -> None:
        self._transport = transport
        self._sender = sender
        self._reply_to = reply_to

    async def send(self, delivery: EmailDelivery) -> None:
        """Hand the email to the transport; return when it is in other hands.

        Raises:
            EmailNotSentError: It was not sent.
        """
        await self._transport.send(
            OutgoingEmail(
                key=delivery.key,
                sender=self._sender,
                reply_to=self._reply_to,
                recipient=delivery.recipient,
                subject=delivery.subject,
                text=delivery.body,
                html=delivery.html,
                created_at=delivery.created_at,
            )
        )
