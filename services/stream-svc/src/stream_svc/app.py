"""The only place that wires stream-svc."""

from argparse import ArgumentParser, Namespace

from aiohttp import web

from leadwire import service
from leadwire.db import Database, MigrationSource
from leadwire.http import SUPERVISOR, add_operations
from leadwire.outbox import OUTBOX_MIGRATIONS
from leadwire.service import (
    Command,
    Say,
    ServiceDescription,
    add_consumer,
    install_backbone,
    migrated_database,
    restored_command,
)
from stream_svc.http.context import Context
from stream_svc.http.operations import operations
from stream_svc.http.refusals import REFUSALS
from stream_svc.http.slots import StreamSlots
from stream_svc.messaging.lead_events import LeadEvents
from stream_svc.messaging.subscription import CONNECTIONS, SUBSCRIPTION
from stream_svc.metrics import StreamMetrics
from stream_svc.settings import StreamSettings
from stream_svc.storage.change_log import ChangeLog
from stream_svc.storage.lives import LifeStore
from stream_svc.storage.reads import LeadReads
from stream_svc.usecases.bury_lives import Undertaker
from stream_svc.usecases.prune_log import LogPruner
from stream_svc.usecases.rebuild import Rebuild
from stream_svc.usecases.tail import Tail

MIGRATIONS = MigrationSource("stream-svc", "stream_svc.migrations")


def setup(app: web.Application, settings: StreamSettings) -> None:
    """Wire the service into an application."""
    backbone = install_backbone(app, settings, SERVICE)
    metrics = StreamMetrics(backbone.registry)
    change_log = ChangeLog(
        database=backbone.database, concurrency=_concurrent_steps(settings.database_pool_size)
    )
    # The tailer reads on its own: all who follow live wait for it.
    tail = Tail(database=backbone.database, log=ChangeLog(database=backbone.database))
    metrics.waiting.set_function(lambda: tail.watching)
    context = Context(
        reads=LeadReads(database=backbone.database),
        log=change_log,
        tail=tail,
        heartbeat_seconds=settings.heartbeat_s,
        write_within=settings.write_within_s,
        rotate_after=settings.rotate_after_s,
        slots=StreamSlots(
            limit=settings.max_streams,
            limit_per_client=settings.max_streams_per_client,
            metrics=metrics,
        ),
        metrics=metrics,
    )
    pruner = LogPruner(log=change_log, retention=settings.log_retention)
    app[SUPERVISOR].add("stream-svc tail", tail)
    app[SUPERVISOR].add("stream-svc log pruner", pruner)
    app[SUPERVISOR].add("stream-svc undertaker", Undertaker(database=backbone.database))
    events = LeadEvents(database=backbone.database, metrics=metrics)
    add_consumer(app, backbone, SUBSCRIPTION, events.handle)
    add_operations(app, operations(context), REFUSALS)


def _concurrent_steps(pool_size: int) -> int:
    """How many connections followers may use at once: half of what event handlers leave."""
    return max(1, (pool_size - CONNECTIONS) // 2)


def _add_rebuild_options(parser: ArgumentParser) -> None:
    step = parser.add_mutually_exclusive_group()
    step.add_argument("--finish", action="store_true", help="serve the new projection")
    step.add_argument(
        "--even-if-missing",
        action="store_true",
        help="serve it also if it lacks leads, which the other services may not know",
    )
    step.add_argument("--abandon", action="store_true", help="give the new projection up")


async def _rebuild(
    description: ServiceDescription[StreamSettings],
    settings: StreamSettings,
    options: Namespace,
    say: Say,
) -> int:
    async with migrated_database(description, settings, purpose="rebuild") as database:
        rebuild = Rebuild(database=database, say=say)
        if options.abandon:
            done = await rebuild.abandon()
        elif options.finish or options.even_if_missing:
            done = await rebuild.finish(even_if_missing=options.even_if_missing)
        else:
            done = await rebuild.begin()
    return 0 if done else 1


async def _restored(_: StreamSettings, database: Database, __: Namespace, say: Say) -> bool:
    async with database.transaction() as connection:
        await LifeStore().begin_epoch(connection)
    say("restored: a new epoch has begun, all followers start over")
    return True


SERVICE = ServiceDescription(
    name="stream-svc",
    schema="stream_svc",
    settings=StreamSettings,
    migrations=(OUTBOX_MIGRATIONS, MIGRATIONS),
    subscriptions=(SUBSCRIPTION,),
    handler_connections=CONNECTIONS,
    setup=setup,
    commands=(
        Command(
            name="rebuild",
            help="build the projection anew from what the other services say again",
            description=(
                "Begins a new projection, or says how far it is. The old one serves until the "
                "new one is finished; then followers start over. The service must be running, "
                "since it takes what the other services' resync says again."
            ),
            add_arguments=_add_rebuild_options,
            run=_rebuild,
        ),
        restored_command(
            _restored,
            help_line="make a database fit that was restored from a backup, before its first start",
            does=(
                "Begins a new epoch: cursors of before, which may be ahead of what was restored, "
                "are told cursor_expired."
            ),
        ),
    ),
)


def create_app(settings: StreamSettings) -> web.Application:
    """Return the application of a process that is stream-svc alone."""
    return service.create_app(SERVICE, settings)
