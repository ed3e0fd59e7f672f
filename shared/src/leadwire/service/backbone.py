"""What every service stands on: its database, the broker, outbox, inbox and parked events."""

from dataclasses import dataclass

import asyncpg
from aiohttp import web
from prometheus_client import CollectorRegistry

from leadwire.broker import Broker, BrokerUnavailableError, Handler, Subscription, broker_from_url
from leadwire.contracts.redaction import redaction_of_parked
from leadwire.db import Database, DatabaseUnavailableError, is_transient
from leadwire.http import (
    SUPERVISOR,
    add_operations,
    add_readiness_check,
    add_registry,
    answer_unavailable_when,
)
from leadwire.ops import REFUSALS, OpsHandlers, ParkedDesk, ParkedGauges, StatusDesk, operations
from leadwire.outbox import (
    BrokerMarks,
    InboxPruner,
    Outbox,
    OutboxStore,
    ParkedEvents,
    ParkedStore,
    Relay,
    RelayMetrics,
)
from leadwire.service.components import (
    AppliedMigrations,
    Consumption,
    PatientBroker,
    PreparedTopology,
)
from leadwire.service.description import ServiceDescription, SettingsT
from leadwire.service.handling_metrics import HandlingMetrics
from leadwire.service.known_broker import KnownBroker
from leadwire.service.known_database import KnownDatabase
from leadwire.service.pool_metrics import PoolMetrics
from leadwire.service.settings import SettingsError, environment_variables
from leadwire.service.topology_watch import TopologyWatch

CONSUMER_STOPS_WITHIN = 10.0
"""Seconds that running event handlers have to finish when the process stops."""

ONE_ATTEMPT_MORE = 30.0
"""Seconds that the last attempt to connect may take beyond the patience of a start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backbone:
    """The parts of one service that its own code builds on.

    Attributes:
        name: Name of the service.
        registry: Its metrics.
        database: Its pool, of its own role on its own schema.
        broker: Its connection to the message broker.
        outbox: Where it puts what it publishes.
        parked: Where events go that it cannot handle.
        handling: Counts the events that it handles.
    """

    name: str
    registry: CollectorRegistry
    database: Database
    broker: Broker
    outbox: Outbox
    parked: ParkedEvents
    handling: HandlingMetrics


def install_backbone(
    app: web.Application, settings: SettingsT, description: ServiceDescription[SettingsT]
) -> Backbone:
    """Build the backbone of a service and hand its components to the supervisor.

    The database comes first, then the check that its migrations are applied, then the
    broker, so that nothing is consumed that could not be stored.

    Raises:
        BrokerConfigurationError: The broker's URL is wrong.
        SettingsError: What waits for a lock could hold all connections of the pool.
    """
    _leave_connections_to_others(settings, description)
    registry = CollectorRegistry()
    database = Database(
        url=settings.database_url.get_secret_value(),
        schema=description.schema,
        application_name=description.name,
        pool_size=settings.database_pool_size,
        connect_within=settings.connect_within,
    )
    broker_url = settings.broker_url.get_secret_value()
    broker = broker_from_url(broker_url, name=description.name)
    backbone = Backbone(
        name=description.name,
        registry=registry,
        database=database,
        broker=broker,
        outbox=Outbox(),
        parked=ParkedEvents(
            database=database, registry=registry, redaction_for=redaction_of_parked
        ),
        handling=HandlingMetrics(registry),
    )
    registry.register(PoolMetrics(database.use))
    patient = PatientBroker(broker=broker, url=broker_url, connect_within=settings.connect_within)
    _supervise(app, backbone, description, patient, connect_within=settings.connect_within)
    _install_ops(app, backbone, description)
    add_registry(app, description.name, registry)
    add_readiness_check(app, f"{description.name} database", database.check)
    # Missing queues do not belong here. They are the same for every replica: to take all of
    # them out of rotation brings no queue back, and what comes over HTTP needs none.
    add_readiness_check(app, f"{description.name} broker", broker.check)
    answer_unavailable_when(app, _passes_by_itself)
    return backbone


def install_relay(app: web.Application, backbone: Backbone) -> None:
    """Publish what the service puts into its outbox."""
    relay = Relay(
        database=backbone.database,
        broker=backbone.broker,
        metrics=RelayMetrics(backbone.registry),
    )
    app[SUPERVISOR].add(f"{backbone.name} outbox relay", relay)


def add_consumer(
    app: web.Application, backbone: Backbone, subscription: Subscription, handler: Handler
) -> None:
    """Have a subscription's events handled while the process runs."""
    consumption = Consumption(
        broker=backbone.broker,
        subscription=subscription,
        handler=backbone.handling.counting(subscription, handler),
        parking=backbone.parked,
        stop_within=CONSUMER_STOPS_WITHIN,
    )
    app[SUPERVISOR].add(f"{subscription.name} consumer", consumption)


def _install_ops(
    app: web.Application, backbone: Backbone, description: ServiceDescription[SettingsT]
) -> None:
    """Let operators see how the service stands, and what is parked."""
    name, database, broker = backbone.name, backbone.database, backbone.broker
    store = ParkedStore(database=database)
    status = StatusDesk(
        service=name,
        subscriptions=description.subscriptions,
        broker=broker,
        outbox=OutboxStore(database),
        parked=store,
    )
    desk = ParkedDesk(service=name, store=store, broker=broker)
    handlers = OpsHandlers(service=name, parked=desk, status=status)
    add_operations(app, operations(name, handlers), REFUSALS)
    gauges = ParkedGauges(status=status, registry=backbone.registry)
    app[SUPERVISOR].add(f"{name} parked gauges", gauges)


def _leave_connections_to_others(
    settings: SettingsT, description: ServiceDescription[SettingsT]
) -> None:
    """Refuse a pool that could be used up by what may all wait for one lock."""
    if settings.database_pool_size > description.handled_at_once:
        return
    [variable] = [
        each.name
        for each in environment_variables(type(settings))
        if each.field == "database_pool_size"
    ]
    fault = (
        f"{variable} is wrong: it must be more than {description.handled_at_once}, the "
        "number of events and commands that are handled at once, or requests "
        "and background work could be left without a connection"
    )
    raise SettingsError([fault])


def _passes_by_itself(error: Exception) -> bool:
    """Tell whether a request that failed so may well succeed when it is sent again."""
    if isinstance(error, DatabaseUnavailableError | BrokerUnavailableError | TimeoutError):
        return True
    return isinstance(error, asyncpg.PostgresError) and is_transient(error)


def _supervise(
    app: web.Application,
    backbone: Backbone,
    description: ServiceDescription[SettingsT],
    patient: PatientBroker,
    *,
    connect_within: float,
) -> None:
    supervisor, name = app[SUPERVISOR], description.name
    database, broker = backbone.database, backbone.broker
    migrations = AppliedMigrations(
        service=name,
        database=database,
        sources=description.migrations,
        answer_within=connect_within,
    )
    home = KnownDatabase(service=name, database=database, answer_within=connect_within)
    topology = PreparedTopology(
        service=name,
        broker=broker,
        subscriptions=description.subscriptions,
        answer_within=connect_within,
    )
    watch = TopologyWatch(
        service=name,
        broker=broker,
        subscriptions=description.subscriptions,
        registry=backbone.registry,
    )
    start_within = connect_within + ONE_ATTEMPT_MORE
    supervisor.add(f"{name} database", database, start_within=start_within)
    supervisor.add(f"{name} migrations", migrations, start_within=start_within)
    supervisor.add(f"{name} home", home, start_within=start_within)
    supervisor.add(f"{name} broker", patient, start_within=start_within)
    supervisor.add(f"{name} topology", topology, start_within=start_within)
    if broker.capabilities.durable:  # another one is no other process's
        marks = BrokerMarks(service=name, database=database, broker=broker)
        known = KnownBroker(
            service=name, marks=marks, database=database, answer_within=connect_within
        )
        supervisor.add(f"{name} known broker", known, start_within=start_within)
    supervisor.add(f"{name} topology watch", watch)
    supervisor.add(f"{name} inbox pruner", InboxPruner(database=database))
