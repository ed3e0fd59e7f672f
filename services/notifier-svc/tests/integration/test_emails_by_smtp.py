"""What becomes of emails while their server is away, refuses or hangs."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.smtp import SMTP
from mail_server import MailServer, drop, hang, serving
from structlog.testing import capture_logs

from leadwire.contracts import Origin, to_message
from leadwire.db.embedded.ports import LOOPBACK, free_port
from leadwire.testing import eventually
from notifier_svc.mail import PausingTransport

if TYPE_CHECKING:
    from conftest import Office

Json = dict[str, Any]

SECRET = "5ecret"


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def answer_within() -> int:
    """Seconds; few where a server hangs, and else so many that no answer comes too late."""
    return 60


@pytest.fixture
def overrides(port: int, answer_within: int) -> Json:
    return {
        "email_url": f"smtp://{LOOPBACK}:{port}",
        "email_send_within_s": 5 * answer_within,
        "email_answer_within_s": answer_within,
    }


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifier_svc.mail.pausing.FIRST_PAUSE", 0.3)
    monkeypatch.setattr("notifier_svc.mail.pausing.LONGEST_PAUSE", 0.6)


async def until(office: "Office", status: str, count: int) -> list[Json]:
    """Wait until so many deliveries stand so; nobody waits for the backoff of a single one."""

    async def found() -> list[Json]:
        await office.execute(
            "UPDATE deliveries SET next_attempt_at = now() "
            "WHERE status = 'pending' AND last_error IS NOT NULL "
            "AND next_attempt_at > now() AND leased_until IS NULL"
        )
        items = await office.deliveries(status=status, limit="100")
        return items if len(items) == count else []

    return await eventually(found, message=f"{count} deliveries are {status}", within=90.0)


def recipients(server: MailServer) -> list[str]:
    return sorted(address for envelope in server.taken for address in envelope.rcpt_tos)


async def test_each_email_of_a_form_lead_is_sent_once_whatever_is_redelivered(
    office: "Office", port: int
) -> None:
    async with serving(port=port) as server:
        lead = office.contact()
        event = await office.create(lead)
        await until(office, "delivered", 2)
        await office.execute("DELETE FROM inbox")
        await office.publish(to_message(event))
        await office.create(office.contact(origin=Origin.IMPORT), origin=Origin.IMPORT)
        other = await office.create(office.contact())
        await until(office, "delivered", 4)
    assert len(server.taken) == 4
    ids = [str(each["Message-ID"]) for each in server.emails]
    assert len(set(ids)) == 4
    assert sum(str(event.id) in each for each in ids) == 2
    assert sum(str(other.id) in each for each in ids) == 2


async def test_while_the_server_is_away_nothing_is_lost_and_it_is_hardly_asked(
    office: "Office", port: int
) -> None:
    leads = [office.contact() for _ in range(30)]
    with capture_logs() as said:
        await office.create(*leads)

        def pauses() -> int:
            return [one["event"] for one in said].count("email_service_paused")

        await eventually(lambda: pauses() >= 3)
        waiting = await office.deliveries(status="pending", limit="100")
        # The first claim takes 4; from then on a single email asks for all, whose attempt counts
        # before its pause is told.
        asked = sum(one["attempts"] for one in waiting) - 4
        await eventually(lambda: pauses() >= asked)
    assert not [one for one in said if "@" in str(one)]
    assert {one["last_error"] for one in waiting} <= {
        None,
        "connection failed: ConnectionRefusedError",
        "the service is given a pause",
    }
    async with serving(port=port) as server:
        await until(office, "delivered", 60)
    assert recipients(server) == sorted([lead.email for lead in leads] + ["sales@example.com"] * 30)


async def test_a_recipient_who_is_refused_is_parked_at_once_and_nobody_else(
    office: "Office", port: int
) -> None:
    lead = office.contact()

    async def refuse_one(smtp: SMTP) -> str:
        assert smtp.envelope is not None
        refused = smtp.envelope.rcpt_tos == [lead.email]
        return f"550 5.1.1 <{lead.email}> is unknown" if refused else "250 OK"

    with capture_logs() as said:
        async with serving({"RCPT": refuse_one}, port=port) as server:
            await office.create(lead)
            [parked] = await until(office, "parked", 1)
            await until(office, "delivered", 1)
    assert recipients(server) == ["sales@example.com"]
    assert (parked["attempts"], parked["last_error"]) == (1, "recipient refused: 550 5.1.1")
    assert lead.email not in str(said)
    assert "Lovelace" not in str(said)

    async def told() -> int:
        count = "SELECT count(*) FROM journal WHERE type = 'notification_failed'"
        return int(await office.value(count))

    assert await eventually(told, message="what was given up is announced", within=30.0) == 1


async def test_a_parked_email_is_sent_when_somebody_asks_for_it(
    office: "Office", port: int
) -> None:
    async with serving({"RCPT": "550 5.1.1 unknown"}, port=port) as server:
        await office.create(office.contact())
        parked = await until(office, "parked", 2)
        del server.answers["RCPT"]
        for one in parked:
            path = f"/v1/deliveries/{one['id']}/retry"
            async with office.client.post(path) as response:
                assert response.status < 300, await response.text()
        await until(office, "delivered", 2)
    assert len(server.taken) == 2


async def test_no_more_connections_are_made_than_are_allowed(office: "Office", port: int) -> None:
    open_now: set[SMTP] = set()
    most = 0

    async def count(smtp: SMTP) -> str:
        nonlocal most
        open_now.add(smtp)
        most = max(most, len(open_now))
        await goes_on.wait()
        return "250 OK"

    async def leave(smtp: SMTP) -> str:
        open_now.discard(smtp)
        return "221 Bye"

    goes_on = asyncio.Event()
    async with serving({"DATA": count, "QUIT": leave}, port=port) as server:
        await office.create(*(office.contact() for _ in range(10)))
        await eventually(lambda: len(open_now) == 4)
        goes_on.set()
        await until(office, "delivered", 20)
    assert (len(server.taken), most) == (20, 4)


async def test_a_mailbox_that_is_full_for_now_gets_its_email_later(
    office: "Office", port: int
) -> None:
    async with serving({"RCPT": "452 4.2.2 full"}, port=port) as server:
        await office.create(office.contact())

        async def have_failed() -> bool:
            waiting = await office.deliveries(status="pending")
            return [one["last_error"] for one in waiting] == ["recipient refused: 452 4.2.2"] * 2

        await eventually(have_failed)
        del server.answers["RCPT"]
        await until(office, "delivered", 2)
    assert len(server.taken) == 2


async def test_a_server_that_drops_before_its_answer_may_get_an_email_twice_under_one_id(
    office: "Office", port: int
) -> None:
    async def take_and_drop(smtp: SMTP) -> str:
        assert smtp.session is not None
        assert smtp.envelope is not None
        server.take(smtp, smtp.session, smtp.envelope)
        del server.answers["DATA"]
        return await drop(smtp)

    async with serving({"DATA": take_and_drop}, port=port) as server:
        await office.create(office.contact())
        await until(office, "delivered", 2)
    ids = [str(each["Message-ID"]) for each in server.emails]
    assert len(ids) == 3
    assert len(set(ids)) == 2


@pytest.mark.parametrize("answer_within", [2])
async def test_a_server_that_hangs_holds_up_neither_the_process_nor_what_follows(
    office: "Office", port: int
) -> None:
    async with serving({"MAIL": hang}, port=port) as server:
        leads = [office.contact() for _ in range(20)]
        await office.create(*leads)

        async def have_failed() -> bool:
            return any(one["last_error"] for one in await office.deliveries(status="pending"))

        await eventually(have_failed)
        assert server.sessions <= 5
        del server.answers["MAIL"]
        await until(office, "delivered", 40)
    assert len(server.taken) == 40


class TestLogin:
    """With a password that the server does not know."""

    @pytest.fixture
    def looks(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """Make pauses long, and count how often somebody asks whether they are over."""
        monkeypatch.setattr("notifier_svc.mail.pausing.LONGEST_PAUSE", 60.0)
        monkeypatch.setattr("notifier_svc.mail.pausing.FIRST_PAUSE", 60.0)
        seen: list[int] = []
        room = PausingTransport.room

        def counted(transport: PausingTransport, most: int) -> int:
            seen.append(room(transport, most))
            return seen[-1]

        monkeypatch.setattr(PausingTransport, "room", counted)
        return seen

    @pytest.fixture
    def overrides(self, port: int, looks: list[int]) -> Json:
        return {"email_url": f"smtp://leads:{SECRET}@{LOOPBACK}:{port}?starttls=never"}

    async def test_a_login_that_is_refused_waits_for_an_operator(
        self, office: "Office", port: int, looks: list[int]
    ) -> None:
        with capture_logs() as said:
            async with serving(port=port, clear_login=True) as server:
                await office.create(office.contact(), office.contact())

                async def have_failed() -> bool:
                    waiting = await office.deliveries(status="pending")
                    return sum("535" in str(one["last_error"]) for one in waiting) == 4

                # Those that were begun together, each with a login of its own.
                await eventually(have_failed)
                asked, looked = server.logins, len(looks)
                await office.create(office.contact())
                await eventually(lambda: len(looks) >= looked + 4)
                assert server.logins == asked
        assert await office.deliveries(status="parked") == []
        assert SECRET not in str(said)
