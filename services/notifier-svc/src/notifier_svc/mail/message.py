"""Make the bytes of an email, and insist that they say what was meant.

The standard library decodes encoded words (`=?utf-8?q?...?=`) wherever they stand, also in
the local part of an address and in a subject, and writes out what came of it: a second
recipient, or a line break and a header of its own. It also mends what is broken, and raises
whatever its parser trips over. So no rule about the input is relied on: the finished headers
are read again, and an email whose reader would see another recipient, another subject or one
header more is refused.
"""

from email.errors import MessageError
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from email.parser import HeaderParser
from email.policy import SMTPUTF8
from email.utils import format_datetime, parseaddr
from typing import Final

from notifier_svc.mail.errors import EmailNotSentError
from notifier_svc.mail.outgoing import OutgoingEmail

_STUMBLES: Final = (
    MessageError,
    ValueError,
    # No refusals, but where the parser for addresses ends up with some.
    LookupError,
    AttributeError,
    TypeError,
)


def compose(email: OutgoingEmail) -> bytes:
    """Return the email in the form in which it travels (RFC 5322, UTF-8).

    `Auto-Submitted` keeps vacation responders from answering. The `Message-ID` is made
    from the email's key, so that a repeated delivery is recognised as the same email.

    Raises:
        EmailNotSentError: The recipient or the subject cannot stand in a header; permanent.
    """
    try:
        message = _message(email)
        content = message.as_bytes()
        is_as_meant = _is_as_meant(content, email, headers=message.keys())
    except _STUMBLES as error:
        # The error's own text may quote the address.
        raise EmailNotSentError(
            f"the email cannot be composed: {type(error).__name__}", permanent=True
        ) from None
    if not is_as_meant:
        raise EmailNotSentError(
            "the email cannot be composed: its recipient or subject would be read as another",
            permanent=True,
        )
    return content


def _message(email: OutgoingEmail) -> EmailMessage:
    message = EmailMessage(policy=SMTPUTF8)
    _, sender = parseaddr(email.sender)
    message["From"] = email.sender
    message["To"] = email.recipient
    message["Subject"] = email.subject
    message["Date"] = format_datetime(email.created_at)
    message["Message-ID"] = f"<{email.key}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(email.text)
    return message


def _is_as_meant(content: bytes, email: OutgoingEmail, *, headers: list[str]) -> bool:
    """Read the headers as a receiver does, and compare."""
    read = HeaderParser(policy=SMTPUTF8).parsestr(content.decode())
    return (
        read.keys() == headers
        and _addresses(read["To"]) == [("", email.recipient)]
        and read["Subject"] == email.subject
    )


def _addresses(header: AddressHeader) -> list[tuple[str, str]]:
    """Return display names and addresses."""
    addresses: tuple[Address, ...] = header.addresses
    return [(address.display_name, address.addr_spec) for address in addresses]
