"""Email addresses as those take them who know ASCII only."""

from dataclasses import replace
from email.utils import parseaddr

import idna

from notifier_svc.mail.errors import EmailNotSentError
from notifier_svc.mail.outgoing import OutgoingEmail


def address_of(mailbox: str) -> str:
    """Return the address of a mailbox like `Leadwire <leads@example.com>`."""
    return parseaddr(mailbox)[1]


def in_ascii(address: str) -> str | None:
    """Return the address with its domain as `xn--...` where needed.

    None if there is no such form: before the @ nothing stands for what is not ASCII.
    """
    if address.isascii():
        return address
    local_part, _, domain = address.rpartition("@")
    if not local_part.isascii():
        return None
    try:
        return f"{local_part}@{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        return None


def to_ascii_recipient(email: OutgoingEmail) -> OutgoingEmail:
    """Return the email with its recipient in ASCII.

    Raises:
        EmailNotSentError: The recipient has no such form; permanent.
    """
    recipient = in_ascii(email.recipient)
    if recipient is None:
        raise EmailNotSentError(
            "the service takes no address with other characters than ASCII before the @",
            permanent=True,
        )
    return replace(email, recipient=recipient)
