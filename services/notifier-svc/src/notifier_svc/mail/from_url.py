"""Choose the transport by its URL."""

from urllib.parse import urlsplit
from urllib.request import url2pathname

from notifier_svc.mail.errors import EmailConfigurationError
from notifier_svc.mail.files import FileTransport
from notifier_svc.mail.sendgrid import SendGridTransport
from notifier_svc.mail.smtp import SmtpTransport
from notifier_svc.mail.transport import EmailTransport, TransportOptions


def transport_from_url(url: str, options: TransportOptions | None = None) -> EmailTransport:
    """Return the transport that the URL's scheme names; nothing is opened yet.

    Raises:
        EmailConfigurationError: There is none, or the URL lacks something.
    """
    options = options or TransportOptions()
    match url.partition(":")[0].lower():
        case "file":
            return _files(url)
        case "smtp" | "smtps":
            return SmtpTransport.from_url(url, options)
        case "sendgrid":
            return SendGridTransport.from_url(url, options)
        case "ses":
            return _ses(url, options)
        case _:
            raise EmailConfigurationError(
                "it must start with smtp://, smtps://, sendgrid://, ses:// or file://"
            )


def _ses(url: str, options: TransportOptions) -> EmailTransport:
    # Amazon's library takes half a second and 16 MB: only who uses it pays for it.
    from notifier_svc.mail.ses import SesTransport  # noqa: PLC0415

    return SesTransport.from_url(url, options)


def _files(url: str) -> FileTransport:
    parts = urlsplit(url)
    if parts.netloc not in {"", "localhost"} or not parts.path.strip("/"):
        raise EmailConfigurationError("it must name a directory, as in file:///var/mail/leadwire")
    return FileTransport(directory=url2pathname(parts.path))
