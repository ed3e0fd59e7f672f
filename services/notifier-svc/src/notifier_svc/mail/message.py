"""Make the bytes of an email."""

from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTPUTF8
from email.utils import format_datetime, parseaddr

from notifier_svc.mail.errors import EmailNotSentError
from notifier_svc.mail.outgoing import OutgoingEmail


def compose(email: OutgoingEmail) -> bytes:
    """Return the email in the form in which it travels (RFC 5322, UTF-8).

    `Auto-Submitted` keeps vacation responders from answering. The `Message-ID` is made
    from the email's key, so that a repeated delivery is recognised as the same email.

    Raises:
        EmailNotSentError: An address or the subject cannot stand in a header.
    """
    message = EmailMessage(policy=SMTPUTF8)
    _, sender = parseaddr(email.sender)
    try:
        message["From"] = email.sender
        message["To"] = email.recipient
        message["Subject"] = email.subject
        message["Date"] = format_datetime(email.created_at)
        message["Message-ID"] = f"<{email.key}@{sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(email.text)
        return message.as_bytes()
    except (ValueError, MessageError) as error:
        # The error's own text may quote an address.
        raise EmailNotSentError(
            f"the email cannot be composed: {type(error).__name__}", permanent=True
        ) from None
