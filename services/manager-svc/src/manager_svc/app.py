"""Wires manager-svc: the only place where its parts meet."""

from argparse import Namespace
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from aiohttp import web

from leadwire.db import Database, MigrationSource
from leadwire.http import SUPERVISOR, add_operations
from leadwire.outbox import OUTBOX_MIGRATIONS, Outbox
from leadwire.resync import RESYNC_MIGRATIONS, Part, lift_revs, rev_above_all_told
from leadwire.service import (
    Say,
    ServiceDescription,
    add_consumer,
    install_backbone,
    install_relay,
    restored_command,
    resync_command,
)
from leadwire.service import create_app as create_service_app
from manager_svc.http.context import Context
from manager_svc.http.operations import operations
from manager_svc.http.refusals import REFUSALS
from manager_svc.messaging.leads import SUBSCRIPTION, lead_events
from manager_svc.metrics import ManagerMetrics
from manager_svc.settings import ManagerSettings
from manager_svc.storage.queries import QUERIES
from manager_svc.usecases.await_lead import LeadArrivals
from manager_svc.usecases.keep_house import HouseKeeping
from manager_svc.usecases.measure_queue import QueueGauges
from manager_svc.usecases.reads import Reads
from manager_svc.usecases.resync import Managers, WorkedLeads
from manager_svc.usecases.sweep import Sweep
from manager_svc.usecases.unit import AT_ONCE, Units


def setup(app: web.Application, settings: ManagerSettings) -> None:
    """Add manager-svc to an application, which other services may share."""
    backbone = install_backbone(app, settings, SERVICE)
    database = backbone.database
    metrics = ManagerMetrics(backbone.registry)
    units = Units(
        database=database,
        outbox=backbone.outbox,
        auto_assign=settings.auto_assign,
        metrics=metrics,
    )
    context = Context(
        reads=Reads(database=database), units=units, arrivals=LeadArrivals(database=database)
    )
    add_operations(app, operations(context), REFUSALS)
    install_relay(app, backbone)
    handler = lead_events(database=database, units=units, outbox=backbone.outbox)
    add_consumer(app, backbone, SUBSCRIPTION, handler)
    kept_days = settings.history_retention_days
    house_keeping = HouseKeeping(
        database=database,
        explanations=timedelta(days=settings.explanation_retention_days),
        histories=None if kept_days is None else timedelta(days=kept_days),
    )
    app[SUPERVISOR].add(f"{backbone.name} housekeeping", house_keeping)
    gauges = QueueGauges(database=database, metrics=metrics)
    app[SUPERVISOR].add(f"{backbone.name} queue gauges", gauges)
    if settings.auto_assign:
        app[SUPERVISOR].add(
            f"{backbone.name} assignment sweep", Sweep(database=database, units=units)
        )


def _parts(outbox: Outbox) -> Sequence[Part]:
    return (Managers(outbox=outbox), WorkedLeads(outbox=outbox))


async def _restored(_: ManagerSettings, database: Database, __: Namespace, say: Say) -> bool:
    floor = rev_above_all_told(datetime.now(UTC))
    leads = await lift_revs(database, QUERIES["lift_lead_revs"], floor=floor)
    managers = await lift_revs(database, QUERIES["lift_manager_revs"], floor=floor)
    say(f"restored: {leads} leads and {managers} managers have revs that nobody was told")
    return True


SERVICE = ServiceDescription(
    name="manager-svc",
    schema="manager_svc",
    settings=ManagerSettings,
    migrations=(
        OUTBOX_MIGRATIONS,
        RESYNC_MIGRATIONS,
        MigrationSource(name="manager-svc", package="manager_svc.migrations"),
    ),
    subscriptions=(SUBSCRIPTION,),
    setup=setup,
    commands_at_once=AT_ONCE,
    issues_tokens=True,
    commands=(
        restored_command(
            _restored,
            help_line="make a database fit that was restored from a backup, before its first start",
            does="Lifts the rev of every lead and every manager beyond any that was told.",
        ),
        resync_command(
            _parts,
            readers=("notifier-svc", "stream-svc"),
            help_line="say every manager and all work on leads again, for rebuilt services",
            says=(
                "Says every manager again, as manager_updated or manager_removed, and the work "
                "on every lead that was ever assigned or marked, as lead_work_updated."
            ),
        ),
    ),
)


def create_app(settings: ManagerSettings) -> web.Application:
    """Return manager-svc as an application of its own."""
    return create_service_app(SERVICE, settings)
