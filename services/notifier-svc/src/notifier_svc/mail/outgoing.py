"""What there is to send."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingEmail:
    """An email to send.

    Attributes:
        key: Names the email: a repeated attempt has the same one.
        sender: Mailbox in `From`; its address is ASCII.
        reply_to: Mailbox in `Reply-To`, if answers are to go elsewhere.
        recipient: Address in `To`, without a display name.
        subject: One line.
        text: Plain text.
        html: The same for readers that show HTML, if there is such a version.
        created_at: `Date`.
    """

    key: str
    sender: str
    reply_to: str | None = None
    recipient: str
    subject: str
    text: str
    html: str | None = None
    created_at: datetime
