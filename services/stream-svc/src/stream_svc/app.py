"""The only place that wires stream-svc."""

from aiohttp import web

from leadwire import service
from leadwire.db import MigrationSource
from leadwire.http import SUPERVISOR, add_operations
from leadwire.outbox import OUTBOX_MIGRATIONS
from leadwire.service import ServiceDescription, add_consumer, install_backbone
from stream_svc.http.context import Context
from stream_svc.http.operations import operations
from stream_svc.http.refusals import REFUSALS
from stream_svc.http.slots import StreamSlots
from stream_svc.messaging.lead_events import LeadEvents
from stream_svc.messaging.subscription import SUBSCRIPTION
from stream_svc.metrics import StreamMetrics
from stream_svc.settings import StreamSettings
from stream_svc.storage.change_log import ChangeLog
from stream_svc.storage.reads import LeadReads
from stream_svc.usecases.prune_log import LogPruner
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
        proxies=settings.proxies,
        metrics=metrics,
    )
    pruner = LogPruner(log=change_log, retention=settings.log_retention)
    app[SUPERVISOR].add("stream-svc tail", tail)
    app[SUPERVISOR].add("stream-svc log pruner", pruner)
    events = LeadEvents(database=backbone.database, metrics=metrics)
    add_consumer(app, backbone, SUBSCRIPTION, events.handle)
    add_operations(app, operations(context), REFUSALS)


def _concurrent_steps(pool_size: int) -> int:
    """How many connections followers may use at once: half of what event handlers leave."""
    return max(1, (pool_size - SUBSCRIPTION.prefetch) // 2)


SERVICE = ServiceDescription(
    name="stream-svc",
    schema="stream_svc",
    settings=StreamSettings,
    migrations=(OUTBOX_MIGRATIONS, MIGRATIONS),
    subscriptions=(SUBSCRIPTION,),
    setup=setup,
)


def create_app(settings: StreamSettings) -> web.Application:
    """Return the application of a process that is stream-svc alone."""
    return service.create_app(SERVICE, settings)
