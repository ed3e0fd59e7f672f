"""What there is to send."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingEmail:
    """An email to send.

    Attributes:
        key: Names the email: a repeated attempt has the same one.
        sender: Mailbox in `From`.
        recipient: Address in `To`, without a display name.
        subject: One line.
        text: Plain text.
        created_at: `Date`.
    """

    key: str
    sender: str
    recipient: str
    subject: str
    text: str
    created_at: datetime
