"""Wires notifier-svc: the only place where its parts meet."""

from argparse import Namespace
from datetime import timedelta
from typing import Final

from aiohttp import web

from leadwire.db import Database, MigrationSource
from leadwire.http import SUPERVISOR, add_operations
from leadwire.outbox import OUTBOX_MIGRATIONS
from leadwire.service import (
    Backbone,
    Say,
    ServiceDescription,
    add_consumer,
    install_backbone,
    install_relay,
    restored_command,
)
from leadwire.service import create_app as create_service_app
from notifier_svc.domain.urls import Reach, networks_of
from notifier_svc.endpoints import EndpointClient
from notifier_svc.http.context import Context
from notifier_svc.http.operations import operations
from notifier_svc.http.refusals import REFUSALS
from notifier_svc.mail import Letters, PausingTransport, TransportOptions, transport_from_url
from notifier_svc.messaging.events import SUBSCRIPTION, all_events
from notifier_svc.metrics import NotifierMetrics
from notifier_svc.settings import NotifierSettings
from notifier_svc.storage.email_deliveries import EmailDeliveryStore
from notifier_svc.usecases.await_journal import JournalWatch
from notifier_svc.usecases.clear_deliveries import DeliveryClearing
from notifier_svc.usecases.deliver_emails import EmailDeliverer, EmailPolicy
from notifier_svc.usecases.deliver_events import EventDeliverer, WebhookPolicy
from notifier_svc.usecases.email_loop import EmailLoop
from notifier_svc.usecases.keep_house import HouseKeeping, Retention
from notifier_svc.usecases.measure_deliveries import DeliveryGauges
from notifier_svc.usecases.plan_emails import EmailPlanner
from notifier_svc.usecases.replay_loop import ReplayLoop
from notifier_svc.usecases.replay_to_subscription import SubscriptionReader
from notifier_svc.usecases.replay_to_webhook import WebhookReader
from notifier_svc.usecases.replayer import MAX_BATCH, Replayer, ReplayPace
from notifier_svc.usecases.send_email import EmailSender
from notifier_svc.usecases.send_event import EventSender
from notifier_svc.usecases.start_replay import StartReplay
from notifier_svc.usecases.webhook_loop import WebhookLoop


def setup(app: web.Application, settings: NotifierSettings) -> None:
    """Add notifier-svc to an application, which other services may share."""
    backbone = install_backbone(app, settings, SERVICE)
    metrics = NotifierMetrics(backbone.registry)
    transport = _transport(settings)
    planner = EmailPlanner(
        letters=Letters(directory=settings.email_templates), alert_to=settings.alert_email_to
    )
    client = EndpointClient(reach=_reach(settings), answer_within=settings.webhook_answer_within_s)
    webhooks = WebhookLoop(deliverer=_event_deliverer(backbone, settings, client, metrics))
    handler = all_events(
        database=backbone.database,
        planner=planner,
        transport=transport,
        metrics=metrics,
        on_planned=webhooks.hasten,
    )
    house_keeping = HouseKeeping(
        database=backbone.database, transport=transport, retention=_retention(settings)
    )
    emails = EmailLoop(deliverer=_email_deliverer(backbone, settings, transport, metrics))
    # Before the consumer: without today's partition no event can be taken.
    app[SUPERVISOR].add("notifier-svc housekeeping", house_keeping)
    install_relay(app, backbone)
    add_consumer(app, backbone, SUBSCRIPTION, handler)
    app[SUPERVISOR].add("notifier-svc emails", emails)
    app[SUPERVISOR].add("notifier-svc webhook client", client)
    app[SUPERVISOR].add("notifier-svc webhooks", webhooks)
    clearing = DeliveryClearing(
        database=backbone.database,
        outbox=backbone.outbox,
        retry_for=_retry_for(settings),
        metrics=metrics,
    )
    app[SUPERVISOR].add("notifier-svc webhook clearing", clearing)
    gauges = DeliveryGauges(database=backbone.database, metrics=metrics)
    app[SUPERVISOR].add("notifier-svc delivery gauges", gauges)
    replays = ReplayLoop(
        database=backbone.database, replayer=_replayer(backbone, settings, metrics)
    )
    app[SUPERVISOR].add("notifier-svc replays", replays)
    context = Context(
        database=backbone.database,
        reach=_reach(settings),
        start_replay=StartReplay(
            database=backbone.database, max_running=settings.replay_max_running
        ),
        client=client,
        send_soon=webhooks.hasten,
    )
    add_operations(app, operations(context), REFUSALS)


async def _restored(_: NotifierSettings, database: Database, __: Namespace, say: Say) -> bool:
    async with database.transaction() as connection:
        parked = await EmailDeliveryStore(connection=connection).park_waiting(
            error="restored from a backup: it may have been sent since"
        )
    say(f"restored: {parked} emails that waited are parked, for they may have been sent since")
    return True


SERVICE = ServiceDescription(
    name="notifier-svc",
    schema="notifier_svc",
    settings=NotifierSettings,
    migrations=(
        OUTBOX_MIGRATIONS,
        MigrationSource(name="notifier-svc", package="notifier_svc.migrations"),
    ),
    subscriptions=(SUBSCRIPTION,),
    setup=setup,
    commands=(
        restored_command(
            _restored,
            help_line="make a database fit that was restored from a backup, before its first start",
            does="Parks the emails that waited, which may have been sent since, for you to decide.",
        ),
    ),
)


def create_app(settings: NotifierSettings) -> web.Application:
    """Return notifier-svc as an application of its own."""
    return create_service_app(SERVICE, settings)


def _reach(settings: NotifierSettings) -> Reach:
    return Reach(
        networks=networks_of(settings.webhook_allowed_networks), http=settings.webhook_allow_http
    )


def _retention(settings: NotifierSettings) -> Retention:
    return Retention(
        journal=timedelta(days=settings.journal_retention_days),
        deliveries=timedelta(days=settings.delivery_retention_days),
        replays=timedelta(days=settings.replay_retention_days),
    )


_GUARD_S: Final = 5.0
"""A transport ends an attempt in time by itself, and can tell why; for so long it is trusted."""


def _transport(settings: NotifierSettings) -> PausingTransport:
    options = TransportOptions(
        ca_file=settings.email_ca_file,
        answer_within=settings.email_answer_within_s,
        send_within=settings.email_send_within_s,
    )
    return PausingTransport(transport_from_url(settings.email_url.get_secret_value(), options))


def _email_deliverer(
    backbone: Backbone,
    settings: NotifierSettings,
    transport: PausingTransport,
    metrics: NotifierMetrics,
) -> EmailDeliverer:
    policy = EmailPolicy(
        max_attempts=settings.email_max_attempts,
        send_within=settings.email_send_within_s + _GUARD_S,
        at_once=settings.email_at_once,
    )
    return EmailDeliverer(
        database=backbone.database,
        outbox=backbone.outbox,
        send=EmailSender(
            transport=transport, sender=settings.email_from, reply_to=settings.email_reply_to
        ).send,
        policy=policy,
        metrics=metrics,
        room=transport.room,
    )


def _replayer(backbone: Backbone, settings: NotifierSettings, metrics: NotifierMetrics) -> Replayer:
    database, most = backbone.database, settings.replay_max_backlog
    return Replayer(
        database=database,
        subscriptions=SubscriptionReader(
            database=database, broker=backbone.broker, metrics=metrics, max_backlog=most
        ),
        webhooks=WebhookReader(database=database, metrics=metrics, max_backlog=most),
        journal=JournalWatch(
            database=database, broker=backbone.broker, subscription=SUBSCRIPTION.name
        ),
        pace=ReplayPace(batch=min(MAX_BATCH, most), rate=settings.replay_rate),
    )


def _retry_for(settings: NotifierSettings) -> timedelta:
    return timedelta(hours=settings.webhook_retry_for_h)


def _event_deliverer(
    backbone: Backbone,
    settings: NotifierSettings,
    client: EndpointClient,
    metrics: NotifierMetrics,
) -> EventDeliverer:
    policy = WebhookPolicy(
        retry_for=_retry_for(settings), answer_within=settings.webhook_answer_within_s
    )
    return EventDeliverer(
        database=backbone.database,
        outbox=backbone.outbox,
        send=EventSender(client=client).send,
        policy=policy,
        metrics=metrics,
    )
