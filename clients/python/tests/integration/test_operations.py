"""The client against the OpenAPI documents: it can ask and understand all that they say."""

import asyncio
import dataclasses
import inspect
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from leadwire_client import (
    Assignment,
    AsyncClient,
    Client,
    Delivery,
    Discarded,
    Failure,
    FreeManager,
    HistoryEntry,
    ImportProblem,
    ImportProgress,
    JournalCounts,
    JournalEntry,
    Lead,
    LeadContact,
    LeadCounts,
    LeadReceived,
    LeadWork,
    Manager,
    ManagerRef,
    Marked,
    Me,
    Orphan,
    OutboxStatus,
    ParkedDecision,
    ParkedEvent,
    ProblemError,
    Receipt,
    Removal,
    Replay,
    ReplayError,
    ReplayProgress,
    RequeueRefusal,
    Resume,
    ResumeLink,
    Retried,
    ServiceStatus,
    SubscriptionStatus,
    Tags,
    Token,
    WaitingLead,
    Webhook,
    WebhookAnswer,
    WebhookWithSecret,
)
from leadwire_client.testing import FakeLeadwire
from leadwire_client.testing.seen import Seen

DOCUMENTS = Path(__file__).parents[4] / "docs" / "reference" / "openapi"
ONE, TWO = UUID(int=1), UUID(int=2)
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
JSON = dict[str, Any]
FILTERS: Any = {
    "status": "pending",
    "manager_id": ONE,
    "assigned": True,
    "origin": "form",
    "import_id": TWO,
    "email_domain": "example.com",
    "created_after": NOON,
    "created_before": NOON,
}
NEW_LEAD: Any = {
    "name": "Ada",
    "family_name": "Lovelace",
    "email": "ada@example.com",
    "cellphone": "+12125550101",
}
CHANGES: JSON = {**NEW_LEAD, "attributes": {"town": "London"}}
FILE = Resume(name='Ada "L".pdf', content=b"%PDF-1.7 \x00")

WHICH: Any = {"subscription": "former", "event_type": "told", "place": "consumer"}
SERVICES = ("import-svc", "manager-svc", "notifier-svc", "stream-svc")


def operating(service: str) -> Mapping[tuple[str, str], Callable[[Any], Any]]:
    """Give what operators ask of every service alike."""
    return {
        (service, "operations_status"): lambda client: client.service_status(service),
        (service, "operations_list"): lambda client: client.parked(service, **WHICH),
        (service, "operations_show"): lambda client: client.parked_event(service, "consumer-1"),
        (service, "operations_requeue"): lambda client: client.requeue_parked(
            service, "consumer-1"
        ),
        (service, "operations_requeue_some"): lambda client: client.requeue_all_parked(
            service, **WHICH
        ),
        (service, "operations_discard"): lambda client: client.discard_parked(
            service, "consumer-1", reason="a test of theirs"
        ),
        (service, "operations_decisions"): lambda client: client.parked_decisions(service),
    }


# By service and `operationId`, how each operation is asked with all that it takes.
ASKED: Mapping[tuple[str, str], Callable[[Any], Any]] = {
    ("import-svc", "imports_add"): lambda client: client.import_leads(
        b"name\n",
        content_type="text/csv",
        region="US",
        columns={"name": "Name"},
        dry_run=True,
        background=True,
        idempotency_key="monday",
    ),
    ("import-svc", "imports_list"): lambda client: client.imports(),
    ("import-svc", "imports_show"): lambda client: client.receipt(ONE),
    ("import-svc", "imports_cancel"): lambda client: client.cancel_import(ONE),
    ("import-svc", "imports_failures"): lambda client: client.import_failures(ONE),
    ("import-svc", "leads_create"): lambda client: client.create_lead(
        **NEW_LEAD, resume="https://example.com/ada", idempotency_key="monday"
    ),
    ("import-svc", "leads_change"): lambda client: client.change_lead(
        ONE, CHANGES, if_match="contact-1"
    ),
    ("import-svc", "leads_erase"): lambda client: client.erase_lead(ONE, if_match="contact-1"),
    ("import-svc", "leads_download"): lambda client: client.resume(ONE),
    ("import-svc", "leads_replace"): lambda client: client.replace_resume(
        ONE, "my life", if_match="contact-1"
    ),
    ("manager-svc", "access_log_in"): lambda client: client.log_in("ada", "secret"),
    ("manager-svc", "access_me"): lambda client: client.me(),
    ("manager-svc", "managers_add"): lambda client: client.add_manager(
        "Ada", email="ada@example.com", capacity=2
    ),
    ("manager-svc", "managers_search"): lambda client: client.managers(q="ada", state="free"),
    ("manager-svc", "managers_show"): lambda client: client.manager(ONE),
    ("manager-svc", "managers_change"): lambda client: client.change_manager(
        ONE, {"name": "Ada", "email": None, "capacity": 3}
    ),
    ("manager-svc", "managers_remove"): lambda client: client.preview_removal(ONE),
    ("manager-svc", "managers_restore"): lambda client: client.restore_manager(ONE),
    ("manager-svc", "managers_pause"): lambda client: client.pause_manager(ONE),
    ("manager-svc", "managers_resume"): lambda client: client.resume_manager(ONE),
    ("manager-svc", "managers_take_next"): lambda client: client.next_lead(
        ONE, idempotency_key="monday"
    ),
    ("manager-svc", "leads_mark"): lambda client: client.mark(
        ONE, "interested", reason="a mistake", if_match="work-1"
    ),
    ("manager-svc", "leads_assign"): lambda client: client.assign(
        ONE, TWO, reassign=True, reason="a friend", if_match="work-1"
    ),
    ("manager-svc", "leads_give_back"): lambda client: client.release(
        ONE, manager_id=TWO, reason="holidays", if_match="work-1"
    ),
    ("manager-svc", "leads_explain"): lambda client: client.assignment(ONE),
    ("manager-svc", "leads_history"): lambda client: client.history(ONE),
    ("notifier-svc", "journal_list"): lambda client: client.journal(
        types=["lead_assigned"], since=NOON, until=NOON
    ),
    ("notifier-svc", "journal_count"): lambda client: client.count_events(
        ["lead_assigned"], minutes=30
    ),
    ("notifier-svc", "deliveries_list"): lambda client: client.deliveries(
        status="parked", webhook_id=ONE, kind="webhook"
    ),
    ("notifier-svc", "deliveries_retry"): lambda client: client.retry_delivery(ONE),
    ("notifier-svc", "deliveries_discard"): lambda client: client.discard_delivery(
        ONE, reason="too late"
    ),
    ("notifier-svc", "webhooks_discard"): lambda client: client.discard_parked_deliveries(
        ONE, reason="too late"
    ),
    ("notifier-svc", "webhooks_ping"): lambda client: client.ping_webhook(ONE),
    ("notifier-svc", "webhooks_retry"): lambda client: client.retry_parked(ONE),
    ("notifier-svc", "replays_add"): lambda client: client.start_replay(
        since=NOON,
        until=NOON,
        types=["lead_assigned"],
        subscription="stream-svc",
        webhook_id=ONE,
        idempotency_key="monday",
    ),
    ("notifier-svc", "replays_list"): lambda client: client.replays(status="running"),
    ("notifier-svc", "replays_show"): lambda client: client.replay(ONE),
    ("notifier-svc", "replays_cancel"): lambda client: client.cancel_replay(ONE),
    ("notifier-svc", "webhooks_add"): lambda client: client.add_webhook(
        "https://example.com",
        types=["lead_assigned"],
        description="ours",
        state="paused",
        secret="whsec_",
    ),
    ("notifier-svc", "webhooks_list"): lambda client: client.webhooks(),
    ("notifier-svc", "webhooks_show"): lambda client: client.webhook(ONE),
    ("notifier-svc", "webhooks_change"): lambda client: client.change_webhook(
        ONE,
        {"url": "https://example.com", "types": [], "description": "", "state": "enabled"},
    ),
    ("notifier-svc", "webhooks_delete"): lambda client: client.delete_webhook(ONE),
    ("notifier-svc", "webhooks_rotate"): lambda client: client.rotate_secret(ONE, secret="whsec_"),
    ("stream-svc", "leads_stream"): lambda client: client.stream(cursor="here", **FILTERS),
    ("stream-svc", "leads_list_page"): lambda client: client.leads_page(
        cursor="here", limit=10, q="ada", sort="name", **FILTERS
    ),
    ("stream-svc", "leads_count"): lambda client: client.count_leads(q="ada", **FILTERS),
    ("stream-svc", "leads_read"): lambda client: client.lead(ONE, at_least="work-1"),
    **{key: ask for service in SERVICES for key, ask in operating(service).items()},
}

# Operations that the client leaves out, each with the reason.
LEFT_OUT: Mapping[tuple[str, str], str] = {}

# What may be said with any operation, but is not by the client.
UNSAID: Mapping[str, str] = {
    "fields": "leads are whole: a part of one has no type",
    "cursor": "said by iterators, from the second page on",
    "start": "said where there is no cursor",
    "If-None-Match": "a resume is asked for when it is wanted",
    "Accept-Encoding": "said by the HTTP library, for each answer that it can unpack",
    "Last-Event-ID": "a cursor for browsers",
}

MODELS: Mapping[tuple[str, str], type] = {
    ("import-svc", "ContactView"): LeadContact,
    ("import-svc", "FailureView"): Failure,
    ("import-svc", "ImportErrorView"): ImportProblem,
    ("import-svc", "ImportView"): Receipt,
    ("import-svc", "LeadView"): LeadContact,
    ("import-svc", "ProgressView"): ImportProgress,
    ("import-svc", "ReceiptView"): Receipt,
    ("import-svc", "ReceivedView"): LeadReceived,
    ("import-svc", "ResumeLinkView"): ResumeLink,
    ("import-svc", "Tags"): Tags,
    ("manager-svc", "AssignmentView"): Assignment,
    ("manager-svc", "FreeManagerView"): FreeManager,
    ("manager-svc", "HistoryEntryView"): HistoryEntry,
    ("manager-svc", "LeadView"): LeadWork,
    ("manager-svc", "ManagerRefView"): ManagerRef,
    ("manager-svc", "ManagerView"): Manager,
    ("manager-svc", "MarkedView"): Marked,
    ("manager-svc", "MeView"): Me,
    ("manager-svc", "OrphanView"): Orphan,
    ("manager-svc", "RemovalView"): Removal,
    ("manager-svc", "Tags"): Tags,
    ("manager-svc", "TokenView"): Token,
    ("manager-svc", "WaitingLeadView"): WaitingLead,
    ("notifier-svc", "DeliveryView"): Delivery,
    ("notifier-svc", "JournalCountsView"): JournalCounts,
    ("notifier-svc", "JournalEntryView"): JournalEntry,
    ("notifier-svc", "PingView"): WebhookAnswer,
    ("notifier-svc", "DiscardedView"): Discarded,
    ("notifier-svc", "RetriedView"): Retried,
    ("notifier-svc", "ReplayErrorView"): ReplayError,
    ("notifier-svc", "ReplayProgressView"): ReplayProgress,
    ("notifier-svc", "ReplayView"): Replay,
    ("notifier-svc", "SecretView"): WebhookWithSecret,
    ("notifier-svc", "WebhookView"): Webhook,
    ("stream-svc", "LeadCounts"): LeadCounts,
    ("stream-svc", "LeadView"): Lead,
    ("stream-svc", "LeadManager"): ManagerRef,
    ("stream-svc", "LeadTags"): Tags,
    **{
        (service, view): model
        for service in SERVICES
        for view, model in {
            "DecisionView": ParkedDecision,
            "OutboxView": OutboxStatus,
            "ParkedView": ParkedEvent,
            "RefusedView": RequeueRefusal,
            "StatusView": ServiceStatus,
            "SubscriptionView": SubscriptionStatus,
            "WholeParkedView": ParkedEvent,
        }.items()
    },
}

# What is said in bodies by others, such as libraries of OAuth.
UNSAID_IN_BODIES = {("manager-svc", "access_log_in"): {"grant_type"}}

# Answers that the client does not understand, each with the reason.
UNMODELLED: Mapping[tuple[str, str], str] = {
    ("stream-svc", "ListedLead"): "a part of a lead: the client asks for whole ones",
}

# What every new lead is, and so what its answer need not be asked for; what has another name.
UNREAD = {
    ("import-svc", "LeadView"): {"status", "manager"},
    ("manager-svc", "TokenView"): {"token_type"},
    ("notifier-svc", "ReplayView"): {"from", "to"},
}


def documents() -> dict[str, JSON]:
    return {path.stem: json.loads(path.read_text()) for path in sorted(DOCUMENTS.glob("*.json"))}


def operations() -> Iterator[tuple[tuple[str, str], str, str, JSON]]:
    """Give each operation with its service, its method and its path."""
    for service, document in documents().items():
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                yield (service, operation["operationId"]), method.upper(), path, operation


OPERATIONS = {key: (method, path, about) for key, method, path, about in operations()}


def test_every_operation_has_a_method_of_the_client() -> None:
    assert set(OPERATIONS) == set(ASKED) | set(LEFT_OUT)


def test_every_method_of_the_client_is_an_operation_or_made_of_some() -> None:
    asked = "".join(inspect.getsource(each) for each in {*ASKED.values()})
    made = {"close", "leads", "live", "remove_manager", "wait_for_import", "wait_for_replay"}
    for name, _ in inspect.getmembers(Client, inspect.isfunction):
        assert name.startswith("_") or name in made or f"client.{name}(" in asked


@pytest.fixture
def asked(fake: FakeLeadwire) -> Callable[[Callable[[Any], Any]], list[Seen]]:
    """Ask with both clients, and give what came; everything is refused."""

    def ask(call: Callable[[Any], Any]) -> list[Seen]:
        fake.refuse_next(418, "teapot", times=2)
        with Client(fake.url) as client, pytest.raises(ProblemError):
            _taken(call(client))
        asyncio.run(_ask(fake, call))
        return list(fake.requests)

    return ask


def _taken(answer: Any) -> None:
    if isinstance(answer, Iterator) or hasattr(answer, "__iter__"):
        next(iter(answer))


async def _ask(fake: FakeLeadwire, call: Callable[[Any], Any]) -> None:
    async with AsyncClient(fake.url) as client:
        with pytest.raises(ProblemError):
            await _taken_async(call(client))


async def _taken_async(answer: Awaitable[Any] | AsyncIterator[Any]) -> None:
    if inspect.isawaitable(answer):
        await answer
    else:
        await anext(aiter(answer))


@pytest.mark.parametrize("key", ASKED, ids="/".join)
def test_an_operation_is_asked_as_its_document_says(
    asked: Callable[[Callable[[Any], Any]], list[Seen]], key: tuple[str, str]
) -> None:
    method, path, about = OPERATIONS[key]
    wanted = {each["name"]: each["in"] for each in about["parameters"]}
    for request in asked(ASKED[key]):
        assert request.method == method
        assert re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), request.path)
        said = set(request.query)
        assert said <= {name for name, place in wanted.items() if place == "query"}
        missing = {
            name
            for name, place in wanted.items()
            if (place == "query" and name not in said)
            or (place == "header" and name.lower() not in request.headers)
        }
        assert missing <= set(UNSAID)


@pytest.mark.parametrize("key", ASKED, ids="/".join)
def test_a_body_says_all_that_its_document_knows(
    asked: Callable[[Callable[[Any], Any]], list[Seen]], key: tuple[str, str]
) -> None:
    body = OPERATIONS[key][2].get("requestBody", {}).get("content", {}).get("application/json")
    if body is None or "$ref" not in body["schema"]:
        return
    name = body["schema"]["$ref"].rpartition("/")[2]
    known = documents()[key[0]]["components"]["schemas"][name]["properties"]
    for request in asked(ASKED[key]):
        assert set(json.loads(request.body)) == set(known) - UNSAID_IN_BODIES.get(key, set())


def test_a_removal_is_not_tried_only() -> None:
    with FakeLeadwire() as fake, Client(fake.url) as client:
        client.remove_manager(fake.add_manager("Ada").id)
        assert fake.requests[-1].query == {}


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.replace_resume(ONE, FILE),
        lambda client: client.create_lead(**NEW_LEAD, resume=FILE),
    ],
)
def test_a_file_goes_in_a_form_that_names_it(
    asked: Callable[[Callable[[Any], Any]], list[Seen]], call: Callable[[Any], Any]
) -> None:
    for request in asked(call):
        head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
        form: EmailMessage = BytesParser(EmailMessage).parsebytes(head + request.body)
        *_, file = form.iter_parts()
        assert file.get_payload(decode=True) == FILE.content
        assert file.get_filename() == "Ada %22L%22.pdf"


def answered() -> set[tuple[str, str]]:
    """Give the schemas of good answers, and those inside, by service and name."""
    found: set[tuple[str, str]] = set()
    for (service, _), (_, _, about) in OPERATIONS.items():
        schemas = documents()[service]["components"]["schemas"]
        good = [each for status, each in about["responses"].items() if status.startswith("2")]
        left = named_in(good)
        while left:
            name = left.pop()
            if (service, name) not in found and name != "Problem":
                found.add((service, name))
                left |= named_in(schemas[name])
    return found


def named_in(schema: object) -> set[str]:
    return set(re.findall(r"#/components/schemas/(\w+)", json.dumps(schema)))


def test_every_answer_has_a_model() -> None:
    schemas = {service: each["components"]["schemas"] for service, each in documents().items()}
    objects = {
        (service, name)
        for service, name in answered()
        if "properties" in schemas[service][name]
        and "next_cursor" not in schemas[service][name]["properties"]
    }
    assert objects == set(MODELS) | set(UNMODELLED)


@pytest.mark.parametrize("key", MODELS, ids="/".join)
def test_a_model_has_all_that_the_server_tells(key: tuple[str, str]) -> None:
    service, name = key
    schema = documents()[service]["components"]["schemas"][name]
    known = {each.name for each in dataclasses.fields(MODELS[key])}
    assert set(schema["properties"]) - known == UNREAD.get(key, set())
    for each in dataclasses.fields(MODELS[key]):
        optional = (
            each.default is not dataclasses.MISSING
            or each.default_factory is not dataclasses.MISSING
        )
        assert optional or each.name in schema["required"], each.name
