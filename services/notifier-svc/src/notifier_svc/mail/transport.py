"""The port to whatever sends emails."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol
from uuid import UUID

from notifier_svc.mail.outgoing import OutgoingEmail


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportOptions:
    """What is the same for every transport that goes through a network.

    Attributes:
        ca_file: PEM file of authorities that are trusted beside those of the system.
        answer_within: Seconds for each step: to connect, TLS, the login, each answer but the
            last.
        send_within: Seconds for the whole; the last answer may take what is left of them.
    """

    ca_file: Path | None = None
    answer_within: float = 10.0
    send_within: float = 30.0


class EmailTransport(Protocol):
    """Sends emails."""

    async def send(self, email: OutgoingEmail) -> None:
        """Send an email; return when it is in other hands, durably.

        Sending the same email twice is allowed, and harmless where the transport can
        tell by its key.

        Raises:
            EmailNotSentError: It was not sent, as far as one can know.
        """
        ...

    async def forget(self, *, older_than: timedelta) -> int:
        """Delete what the transport itself has kept for longer; return how many emails."""
        ...

    async def kept_leads(self) -> AbstractSet[UUID]:
        """Return the leads of which the transport itself keeps emails."""
        ...

    async def forget_leads(self, lead_ids: AbstractSet[UUID]) -> None:
        """Delete all emails about these leads that the transport itself keeps."""
        ...


class KeepsNothing:
    """The part of a transport that keeps no email."""

    async def forget(self, *, older_than: timedelta) -> int:  # noqa: ARG002 - the port's
        """Do nothing."""
        return 0

    async def kept_leads(self) -> AbstractSet[UUID]:
        """Return none."""
        return frozenset()

    async def forget_leads(self, lead_ids: AbstractSet[UUID]) -> None:
        """Do nothing."""
