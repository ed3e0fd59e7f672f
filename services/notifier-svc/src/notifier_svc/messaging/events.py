"""Take every event into the journal, and act on some.

The two are handled one after the other, each once and in a transaction of its own, under two
names in the inbox. The journal comes first and asks only for a readable envelope: so it has
every event as received, from which a later subscriber is served, even if this service cannot
act on it because the data is not what the type says, or because acting fails.

An event that cannot be acted on is parked with its reason, as by any other consumer, although
the journal has it. If it is delivered or requeued again, also after a crash between the two
parts, the journal's inbox row keeps it from standing there twice, and the acting, which left
no row, is done.

What is about the same subject is journaled one after another, as it was delivered, although
several events are handled at a time: so the journal, and the webhooks that go by it, have a lead's
events in their order. Replicas do not wait for each other: what two of them are given at the same
moment may change places.

Between the two parts a lead may be erased, or an event about an erased lead come in. Each part
therefore takes the lock that keeps erasures out, and looks for erased leads, by itself.
"""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from typing import Final
from weakref import WeakValueDictionary

import orjson

from leadwire.broker import ALL_TYPES, Ack, Delivery, Handler, Message, Subscription, Verdict
from leadwire.contracts import (
    Event,
    EventType,
    LeadErased,
    LeadsCreated,
    Origin,
    read_envelope,
    read_event,
)
from leadwire.db import Connection, Database
from leadwire.outbox import transactional_handler
from notifier_svc.domain.events import ReceivedEvent
from notifier_svc.mail import EmailTransport
from notifier_svc.metrics import NotifierMetrics
from notifier_svc.usecases.erase_lead import erase_lead
from notifier_svc.usecases.plan_emails import EmailPlanner
from notifier_svc.usecases.record_event import record_event

SUBSCRIPTION: Final = Subscription(
    name="notifier-svc",
    types=(ALL_TYPES,),
    # While a lead is erased all handlers wait for it, each with a connection: so they must
    # not be as many as there are connections, which deliveries and requests need too.
    prefetch=4,
)

ACTED_ON: Final = frozenset({EventType.LEADS_CREATED, EventType.LEAD_ERASED})
"""Types that do more here than stand in the journal."""

_ACTING: Final = f"{SUBSCRIPTION.name} acting"
"""Under this name the inbox knows what was acted on; the journal has the subscription's own."""


_planned: ContextVar[int] = ContextVar("planned")
"""How many deliveries were planned for the event that this task handles."""


def all_events(
    *,
    database: Database,
    planner: EmailPlanner,
    transport: EmailTransport,
    metrics: NotifierMetrics,
    on_planned: Callable[[], None],
) -> Handler:
    """Return the handler of the subscription.

    Args:
        database: Of the service.
        planner: Plans emails for leads from the form.
        transport: May keep emails about leads that are erased.
        metrics: Counts.
        on_planned: Called when an event is to be sent to webhooks.
    """
    record = _journal(database, metrics, on_planned)
    act = _acting(database, planner, transport)

    async def handle(delivery: Delivery) -> Verdict:
        verdict = await record(delivery)
        if isinstance(verdict, Ack) and delivery.message.type in ACTED_ON:
            return await act(delivery)
        return verdict

    return handle


def _journal(
    database: Database, metrics: NotifierMetrics, on_planned: Callable[[], None]
) -> Handler:
    async def apply(connection: Connection, event: ReceivedEvent) -> None:
        _planned.set(await record_event(connection, event))
        metrics.journaled()

    record = transactional_handler(
        database=database, subscription=SUBSCRIPTION.name, read=_received, apply=apply
    )
    turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def handle(delivery: Delivery) -> Verdict:
        _planned.set(0)
        # Who waits for a lock gets it in the order of asking.
        turn = turns.setdefault(_subject_of(delivery.message), asyncio.Lock())
        async with turn:
            verdict = await record(delivery)
        if _planned.get():
            on_planned()  # not before the commit: nobody would see them yet
        return verdict

    return handle


def _acting(database: Database, planner: EmailPlanner, transport: EmailTransport) -> Handler:
    async def apply(connection: Connection, event: Event) -> None:
        match event.data:
            case LeadErased(lead=lead):
                await erase_lead(connection, lead.id)
                await transport.forget_leads({lead.id})
            case LeadsCreated(origin=Origin.FORM, leads=leads):
                await planner.plan(connection, leads, source=event.source, event_id=str(event.id))
            case _:
                return  # an import: nobody waits for an email

    return transactional_handler(
        database=database, subscription=_ACTING, read=read_event, apply=apply
    )


def _subject_of(message: Message) -> str:
    """Return what an event is about; of one that is about nothing else, its own id."""
    try:
        subject = orjson.loads(message.body)["subject"]
    except (ValueError, LookupError, TypeError):
        return message.id
    return subject if isinstance(subject, str) else message.id


def _received(message: Message) -> ReceivedEvent:
    """Read any CloudEvent, without a look at its data.

    Raises:
        UnreadableEventError: It is none.
    """
    envelope = read_envelope(message)
    return ReceivedEvent(
        id=envelope.id,
        source=envelope.source,
        type=envelope.type,
        subject=envelope.subject,
        time=envelope.time,
        content_type=message.content_type,
        body=message.body,
        headers=message.headers,
    )
