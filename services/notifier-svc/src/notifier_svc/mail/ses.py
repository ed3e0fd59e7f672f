"""Send emails by Amazon SES, version 2 of its API, as finished messages.

Errors about this email alone are final. All others, as throttling, a sender that is not
verified, a paused account or credentials that are refused, are the service's, and pass or are
mended.

SES writes `Date` and `Message-ID` anew and does not recognise a repetition: where an answer is
lost the email may arrive twice, under two ids.
"""

import asyncio
import logging
import re
from typing import Any, Final, Self

from aiobotocore.config import AioConfig  # type: ignore[import-untyped]
from aiobotocore.session import get_session  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from notifier_svc.mail.addresses import to_ascii_recipient
from notifier_svc.mail.errors import (
    EmailConfigurationError,
    EmailNotSentError,
    EmailServiceError,
)
from notifier_svc.mail.message import ASCII, compose
from notifier_svc.mail.outgoing import OutgoingEmail
from notifier_svc.mail.transport import KeepsNothing, TransportOptions
from notifier_svc.mail.urls import ServiceUrl

# What they tell at DEBUG are whole emails, and how the request is signed.
for _library in ("botocore", "aiobotocore"):
    logging.getLogger(_library).setLevel(logging.INFO)

_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_ABOUT_THE_EMAIL: Final = frozenset(
    {"MessageRejected", "BadRequestException", "InvalidParameterValue", "ValidationException"}
)
_CODE: Final = re.compile(r"[A-Za-z]{1,60}|\d{3}")


class SesTransport(KeepsNothing):
    """Hands emails to Amazon SES.

    Args:
        region: Of SES.
        credentials: Access key and its secret; None to look where every AWS program does:
            the environment, its files, the roles of pods, containers and machines.
        endpoint: Where SES is, if not at Amazon's own address.
        configuration_set: Of the account, for its statistics and events.
        options: Time limits and authorities.
    """

    def __init__(
        self,
        *,
        region: str,
        credentials: tuple[str, str] | None,
        endpoint: str | None,
        configuration_set: str | None,
        options: TransportOptions,
    ) -> None:
        key, secret = credentials or (None, None)
        self._session = get_session()
        self._within = options.send_within
        self._client: dict[str, Any] = {
            "region_name": region,
            "aws_access_key_id": key,
            "aws_secret_access_key": secret,
            "endpoint_url": endpoint,
            "verify": None if options.ca_file is None else str(options.ca_file),
            "config": AioConfig(
                connect_timeout=options.answer_within,
                read_timeout=options.send_within,
                retries={"total_max_attempts": 1},  # what failed is tried again from its row
            ),
        }
        self._parameters = (
            {} if configuration_set is None else {"ConfigurationSetName": configuration_set}
        )

    @classmethod
    def from_url(cls, url: str, options: TransportOptions) -> Self:
        """Read `ses://region`, or `ses://KEY:SECRET@region`.

        Raises:
            EmailConfigurationError: It is none.
        """
        address = ServiceUrl.parse(url, options={"endpoint", "configuration_set"})
        if _REGION.fullmatch(address.host or "") is None or address.port is not None:
            raise EmailConfigurationError("it must name a region, as in ses://eu-central-1")
        if (address.user is None) != (address.password is None):
            raise EmailConfigurationError("it has a key without a secret, or the reverse")
        endpoint = address.options.get("endpoint")
        if endpoint is not None and not endpoint.startswith(("https://", "http://")):
            raise EmailConfigurationError("its endpoint must start with https://")
        return cls(
            region=address.host or "",
            credentials=(address.user, address.password)
            if address.user is not None and address.password is not None
            else None,
            endpoint=endpoint,
            configuration_set=address.options.get("configuration_set"),
            options=options,
        )

    async def send(self, email: OutgoingEmail) -> None:
        """Send an email; return when SES has accepted it.

        Raises:
            EmailNotSentError: It has not, or nobody can know.
        """
        email = to_ascii_recipient(email)
        content = compose(email, policy=ASCII)
        try:
            async with (
                asyncio.timeout(self._within),
                self._session.create_client("sesv2", **self._client) as client,
            ):
                await client.send_email(
                    FromEmailAddress=email.sender,
                    Destination={"ToAddresses": [email.recipient]},
                    Content={"Raw": {"Data": content}},
                    **self._parameters,
                )
        except ClientError as error:
            raise _refusal(error) from None
        except (BotoCoreError, OSError) as error:  # a TimeoutError is an OSError
            raise EmailServiceError(f"SES cannot be reached: {type(error).__name__}") from None


def _refusal(error: ClientError) -> EmailNotSentError:
    details = error.response.get("Error", {})
    code = str(details.get("Code", ""))
    reason = f"SES answered {code if _CODE.fullmatch(code) else 'an error without a code'}"
    # A sender, or in a new account a recipient, that is not verified has no code of its own.
    is_not_verified = "not verified" in str(details.get("Message", ""))
    if code in _ABOUT_THE_EMAIL and not is_not_verified:
        return EmailNotSentError(reason, permanent=True)
    return EmailServiceError(reason)
