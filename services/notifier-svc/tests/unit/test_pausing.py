"""The pauses of a service that takes no emails."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from notifier_svc.mail import (
    EmailNotSentError,
    EmailServiceError,
    OutgoingEmail,
    PausingTransport,
)
from notifier_svc.mail.pausing import FIRST_PAUSE, LONGEST_PAUSE
from notifier_svc.mail.transport import KeepsNothing

EMAIL = OutgoingEmail(
    key="k",
    sender="leads@example.com",
    recipient="ada@example.org",
    subject="S",
    text="T",
    created_at=datetime(2026, 3, 2, tzinfo=UTC),
)


class Service(KeepsNothing):
    """Fails as it is told to, when it is told to."""

    def __init__(self) -> None:
        self.failure: EmailNotSentError | None = None
        self.asked = 0
        self.now = 1000.0
        self.answers = asyncio.Event()
        self.answers.set()

    async def send(self, email: OutgoingEmail) -> None:
        self.asked += 1
        failure = self.failure
        await self.answers.wait()
        if failure is not None:
            raise failure


@pytest.fixture
async def service() -> Service:
    return Service()


@pytest.fixture
def transport(service: Service) -> PausingTransport:
    return PausingTransport(service, clock=lambda: service.now)


async def fail(transport: PausingTransport) -> EmailNotSentError:
    with pytest.raises(EmailNotSentError) as caught:
        await transport.send(EMAIL)
    return caught.value


async def test_after_a_failure_of_the_service_it_is_left_alone_for_a_while(
    service: Service, transport: PausingTransport
) -> None:
    assert transport.room(16) == 16
    service.failure = EmailServiceError("away")
    await fail(transport)
    assert transport.room(16) == 0
    error = await fail(transport)
    assert service.asked == 1
    assert error.retry_after is not None
    assert error.retry_after <= timedelta(seconds=FIRST_PAUSE * 1.2)


async def test_then_one_email_finds_out_for_all(
    service: Service, transport: PausingTransport
) -> None:
    service.failure = EmailServiceError("away")
    await fail(transport)
    service.now += FIRST_PAUSE * 1.2
    assert transport.room(16) == 1
    service.failure = None
    await transport.send(EMAIL)
    assert transport.room(16) == 16


async def test_pauses_double_and_are_bounded(service: Service, transport: PausingTransport) -> None:
    service.failure = EmailServiceError("away")
    for expected in (2, 4, 8, 16, 32, 64, 128, 256, 300, 300):
        await fail(transport)
        service.now += expected * 0.79
        assert transport.room(16) == 0
        service.now += expected * 0.42
        assert transport.room(16) == 1
    assert LONGEST_PAUSE == 300


async def test_emails_that_fail_together_make_one_pause(
    service: Service, transport: PausingTransport
) -> None:
    service.failure = EmailServiceError("away")
    service.answers.clear()
    sending = [asyncio.create_task(transport.send(EMAIL)) for _ in range(16)]
    await asyncio.sleep(0)
    service.answers.set()
    failures = await asyncio.gather(*sending, return_exceptions=True)
    assert all(isinstance(each, EmailServiceError) for each in failures)
    assert service.asked == 16
    service.now += FIRST_PAUSE * 1.2
    assert transport.room(16) == 1


async def test_what_the_service_asks_for_is_honoured(
    service: Service, transport: PausingTransport
) -> None:
    service.failure = EmailServiceError("too many", retry_after=timedelta(minutes=10))
    await fail(transport)
    service.now += 599
    assert transport.room(16) == 0
    service.now += 1
    assert transport.room(16) == 1


async def test_an_email_that_is_refused_for_itself_pauses_nothing(
    service: Service, transport: PausingTransport
) -> None:
    service.failure = EmailNotSentError("unknown", permanent=True)
    await fail(transport)
    assert transport.room(16) == 16
