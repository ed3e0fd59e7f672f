"""Both clients against a Leadwire in memory: reads and writes, and who asks."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sample_rows import rows

from leadwire_client import (
    AccessError,
    ApiKey,
    AsyncClient,
    Bearer,
    Client,
    ConflictError,
    Lead,
    LeadContact,
    LeadReceived,
    LeadStatus,
    NotFoundError,
    Resume,
    ResumeLink,
)
from leadwire_client.testing import FakeLeadwire

WithAsyncClient = Callable[[Callable[[AsyncClient], Any]], Any]


async def listed(items: AsyncIterator[Any]) -> list[Any]:
    return [each async for each in items]


def test_pages_are_fetched_as_they_are_asked_for(client: Client, fake: FakeLeadwire) -> None:
    client.import_leads(rows(2500))
    before = len(fake.requests)
    leads = client.leads(status=LeadStatus.PENDING)
    assert next(leads).name == "Name 0"
    assert len(fake.requests) == before + 1
    assert len(list(leads)) == 2499
    assert len(fake.requests) == before + 3
    page = client.leads_page(limit=10, email_domain="example.com")
    assert len(page.items) == 10
    following = client.leads_page(cursor=page.next_cursor, limit=10, email_domain="example.com")
    assert following.items[0].name == "Name 10"


def test_a_form_that_conceals_who_is_known_says_no_more_than_that_it_was_received(
    client: Client, fake: FakeLeadwire, with_async_client: WithAsyncClient
) -> None:
    fake.conceal_leads()
    received = client.create_lead(name="Ada", family_name="L", email="ada@example.com")
    assert received == LeadReceived(status="received")

    async def do(client: AsyncClient) -> None:
        again = await client.create_lead(name="Grace", family_name="H", email="grace@example.com")
        assert again == received

    with_async_client(do)
    assert [each.name for each in fake.leads] == ["Ada", "Grace"]


def test_a_lead_goes_its_way(client: Client) -> None:
    created = client.create_lead(name="Ada", family_name="L", email="ada@example.com")
    assert isinstance(created, LeadContact)
    manager = client.add_manager("Grace", email="grace@example.com", capacity=2)
    assert [each.id for each in manager.leads] == [created.id]
    changed = client.change_lead(created.id, {"cellphone": "+12125550101"}, if_match="contact-1")
    assert changed.cellphone == "+12125550101"
    marked = client.mark(created.id, LeadStatus.INTERESTED, if_match="work-1")
    assert marked.lead.status == LeadStatus.INTERESTED
    assert marked.next_lead is None
    read = client.lead(created.id, at_least=marked.lead.tags.work)
    assert (read.status, read.tags.work, read.manager) == ("interested", "work-2", None)
    assert [each.event for each in client.history(created.id)][-1] == "lead_interested"
    client.erase_lead(created.id)
    with pytest.raises(NotFoundError) as refused:
        client.lead(created.id)
    assert refused.value.code == "lead_not_found"


def test_a_write_of_another_state_is_refused(client: Client, fake: FakeLeadwire) -> None:
    lead = fake.add_lead(name="Ada", family_name="L", email="ada@example.com")
    with pytest.raises(ConflictError) as refused:
        client.change_lead(lead.id, {"name": "Ida"}, if_match="contact-7")
    assert (refused.value.code, refused.value.extra) == (
        "precondition_failed",
        {"current": "contact-1"},
    )


def test_managers_come_and_go(client: Client, fake: FakeLeadwire) -> None:
    lead = fake.add_lead(name="Ada", family_name="L", email="ada@example.com")
    first, second = client.add_manager("Grace"), client.add_manager("Barbara")
    assert [each.name for each in client.managers(state="free")] == ["Barbara"]
    assert [each.name for each in client.managers(q="gra")] == ["Grace"]
    with pytest.raises(ConflictError):
        client.assign(lead.id, second.id)
    assert client.assign(lead.id, second.id, reassign=True).manager is not None
    assert client.manager(first.id).leads == ()
    assert client.change_manager(first.id, {"name": "Grace H."}).name == "Grace H."
    assert client.pause_manager(first.id).state == "paused"
    assert client.resume_manager(first.id).state == "free"
    client.release(lead.id)
    assert client.next_lead(first.id).id == lead.id
    with pytest.raises(ConflictError):
        client.next_lead(first.id)
    client.remove_manager(first.id)
    with pytest.raises(NotFoundError):
        client.manager(first.id)


def test_the_asyncio_client_can_do_the_same(
    fake: FakeLeadwire, with_async_client: WithAsyncClient
) -> None:
    async def do(client: AsyncClient) -> None:
        created = await client.create_lead(name="Ada", family_name="L", email="ada@example.com")
        assert isinstance(created, LeadContact)
        manager = await client.add_manager("Grace")
        changed = await client.change_lead(created.id, {"name": "Ida"})
        assert changed.name == "Ida"
        await client.mark(created.id, "reached_out")
        await client.release(created.id)
        await client.assign(created.id, manager.id, reassign=True)
        entries = await listed(client.history(created.id))
        assert "lead_reached_out" in [each.event for each in entries]
        assert [each.name for each in await listed(client.managers(q="gra"))] == ["Grace"]
        await client.change_manager(manager.id, {"capacity": 3})
        await client.pause_manager(manager.id)
        await client.resume_manager(manager.id)
        assert (await client.manager(manager.id)).capacity == 3
        [lead] = await listed(client.leads(assigned=True))
        assert await client.lead(lead.id) == lead
        assert (await client.count_leads(assigned=False)).total == 0
        assert len((await client.leads_page(limit=5)).items) == 1
        await client.erase_lead(lead.id)
        with pytest.raises(NotFoundError):
            await client.next_lead(manager.id)
        await client.remove_manager(manager.id)
        assert await listed(client.imports()) == []

    with_async_client(do)


def test_credentials_go_with_every_request(fake: FakeLeadwire) -> None:
    tokens = iter(["one", "two"])
    with Client(fake.url, credentials=Bearer(lambda: next(tokens))) as client:
        client.count_leads()
        client.count_leads()
    with Client(fake.url, credentials=ApiKey("k")) as client:
        assert list(client.stream(follow=False))
    with Client(fake.url) as client:
        client.count_leads()
    sent = [each.headers.get("authorization") for each in fake.requests]
    assert sent == ["Bearer one", "Bearer two", None, None]
    assert fake.requests[2].headers["x-api-key"] == "k"
    assert "x-api-key" not in fake.requests[3].headers


def test_a_refusal_of_all_is_an_access_error(client: Client, fake: FakeLeadwire) -> None:
    fake.refuse_next(401, "unauthorized")
    with pytest.raises(AccessError):
        client.lead(uuid4())


def test_what_a_reader_gets_are_leads(client: Client, fake: FakeLeadwire) -> None:
    fake.add_lead(name="Ada\u2028Countess", family_name="L", email="ada@example.com")
    [lead] = client.leads()
    assert isinstance(lead, Lead)
    assert lead.name == "Ada\u2028Countess"


@pytest.mark.parametrize(
    "resume", [Resume(name="Lübeck.pdf", content=b"%PDF \r\n--x"), "Analyst since 1842"]
)
def test_a_resume_comes_back_as_it_was_sent(client: Client, resume: Resume | str) -> None:
    lead = client.create_lead(name="Ada", family_name="L", email="a@example.com", resume="draft")
    assert isinstance(lead, LeadContact)
    client.replace_resume(lead.id, resume, if_match=lead.tags.contact)
    kept = client.resume(lead.id)
    assert isinstance(kept, Resume)
    sent = resume if isinstance(resume, Resume) else Resume(name="resume.txt", content=b"")
    assert kept.name == sent.name
    assert kept.content == (sent.content or str(resume).encode())


def test_a_resume_may_be_a_file_or_elsewhere(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "ada.pdf"
    path.write_bytes(b"%PDF")
    lead = client.create_lead(name="Ada", family_name="L", email="a@example.com", resume=path)
    assert isinstance(lead, LeadContact)
    assert client.resume(lead.id) == Resume(name="ada.pdf", content=b"%PDF")
    client.replace_resume(lead.id, "https://example.com/ada")
    assert client.resume(lead.id) == ResumeLink(url="https://example.com/ada")


def test_a_removal_is_shown_done_and_taken_back(client: Client, fake: FakeLeadwire) -> None:
    lead = fake.add_lead(name="Ada", family_name="L", email="a@example.com")
    anna, ben = client.add_manager("Anna"), client.add_manager("Ben")
    [orphan] = client.preview_removal(anna.id).leads
    assert orphan.next_manager is not None
    assert (orphan.lead.id, orphan.next_manager.id) == (lead.id, ben.id)
    client.remove_manager(anna.id)
    assert client.preview_removal(anna.id).already_removed
    assert client.assignment(lead.id).manager.name == "Ben"
    assert client.restore_manager(anna.id).leads == ()


def test_leads_are_searched_and_sorted(client: Client) -> None:
    client.import_leads(rows(3))
    names = [each.name for each in client.leads(q="name", sort="-name")]
    assert names == ["Name 2", "Name 1", "Name 0"]
    assert client.count_leads(q="lead1").total == 1


def test_a_webhook_is_added_changed_and_deleted(client: Client) -> None:
    added = client.add_webhook("https://example.com/hook", types=["lead_assigned"])
    assert added.secret not in repr(added)
    assert client.change_webhook(added.id, {"state": "paused"}).state == "paused"
    assert client.rotate_secret(added.id, secret="whsec_new").secret == "whsec_new"
    assert [each.id for each in client.webhooks()] == [added.id]
    assert client.webhook(added.id).types == ("lead_assigned",)
    assert client.ping_webhook(added.id).is_taken
    assert client.retry_parked(added.id).retried == 0
    assert client.discard_parked_deliveries(added.id, reason="too late").discarded == 0
    client.delete_webhook(added.id)
    assert list(client.webhooks()) == []
