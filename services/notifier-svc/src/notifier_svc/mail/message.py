"""Make the bytes of an email, and insist that they say what was meant.

The standard library decodes encoded words (`=?utf-8?q?...?=`) wherever they stand, also in
the local part of an address and in a subject, and writes out what came of it: a second
recipient, or a line break and a header of its own. It also mends what is broken, and raises
whatever its parser trips over. So no rule about the input is relied on: the finished headers
are read again, and an email whose reader would see another recipient, another subject or one
header more is refused.
"""

from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from email.parser import HeaderParser
from email.policy import SMTP, SMTPUTF8, EmailPolicy
from email.utils import format_datetime
from typing import Any, Final

from notifier_svc.mail.addresses import address_of
from notifier_svc.mail.errors import EmailNotSentError
from notifier_svc.mail.outgoing import OutgoingEmail

_LINE: Final = 76
_LONGEST_PLAIN_WORD: Final = 60


class _WholeSubjects(EmailPolicy):
    """Encodes subjects by the older of the library's ways.

    The newer one cuts a subject with long words and others than ASCII in places where a reader
    joins it with a space more or less, or none at all.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        stored = super().header_store_parse(name, value)
        if name != "Subject":
            return stored
        is_plain = (
            value.isascii()
            and "=?" not in value
            and all(len(word) <= _LONGEST_PLAIN_WORD for word in value.split(" "))
        )
        charset = "us-ascii" if is_plain else "utf-8"
        return name, Header(value, charset, header_name=name, maxlinelen=_LINE).encode()


UTF8: Final = _WholeSubjects(linesep=SMTP.linesep, utf8=True)
"""With headers in UTF-8, for whoever knows them (RFC 6532)."""

ASCII: Final = _WholeSubjects(linesep=SMTP.linesep, cte_type="7bit")
"""As every server takes it; the recipient has to be in ASCII already."""

HEADERS_OF_AUTOMATA: Final = {
    "Auto-Submitted": "auto-generated",
    "X-Auto-Response-Suppress": "All",
}
"""Keep out-of-office notices and other automata from answering: RFC 3834, and Exchange."""

_STUMBLES: Final = (
    MessageError,
    ValueError,
    # No refusals, but where the parser for addresses ends up with some.
    LookupError,
    AttributeError,
    TypeError,
)


def message_id(email: OutgoingEmail) -> str:
    """Return the `Message-ID`, by which a repeated delivery is known as the same email."""
    return f"<{email.key}@{address_of(email.sender).rpartition('@')[2]}>"


def compose(email: OutgoingEmail, *, policy: EmailPolicy = UTF8) -> bytes:
    """Return the email in the form in which it travels (RFC 5322).

    Args:
        email: What it says.
        policy: `UTF8` or `ASCII`.

    Raises:
        EmailNotSentError: The recipient or the subject cannot stand in a header; permanent.
    """
    try:
        message = _message(email, policy)
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


def _message(email: OutgoingEmail, policy: EmailPolicy) -> EmailMessage:
    message = EmailMessage(policy=policy)
    message["From"] = email.sender
    if email.reply_to is not None:
        message["Reply-To"] = email.reply_to
    message["To"] = email.recipient
    message["Subject"] = email.subject
    message["Date"] = format_datetime(email.created_at)
    message["Message-ID"] = message_id(email)
    for name, value in HEADERS_OF_AUTOMATA.items():
        message[name] = value
    message.set_content(email.text)
    if email.html is not None:
        message.add_alternative(email.html, subtype="html")
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
