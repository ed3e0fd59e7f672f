"""Wires import-svc: the only place where its parts meet."""

import asyncio
from argparse import ArgumentParser, ArgumentTypeError, Namespace

from aiohttp import web
from uuid_utils.compat import uuid7

from import_svc.http.context import Context
from import_svc.http.operations import operations
from import_svc.http.refusals import REFUSALS
from import_svc.messaging.lead_changes import ChangesAnnouncer
from import_svc.messaging.leads_created import LeadsAnnouncer
from import_svc.settings import ImportSettings
from import_svc.storage.imports import ImportStore
from import_svc.storage.leads import LeadStore
from import_svc.storage.rehearsals import RehearsalStore
from import_svc.storage.resyncs import ResyncStore
from import_svc.usecases.change_lead import ChangeLead
from import_svc.usecases.create_lead import CreateLead
from import_svc.usecases.earlier_import import EarlierImport
from import_svc.usecases.erase_lead import EraseLead
from import_svc.usecases.import_leads import ImportLeads
from import_svc.usecases.import_worker import ImportWorker
from import_svc.usecases.own_imports import OwnImports
from import_svc.usecases.read_imports import ReadImports
from import_svc.usecases.rehearse_import import RehearseImport
from import_svc.usecases.resync import OutboxFullError, Pace, Resync
from import_svc.usecases.store_chunk import StoreChunk
from leadwire.db import MigrationSource
from leadwire.http import SUPERVISOR, add_operations
from leadwire.outbox import OUTBOX_MIGRATIONS, Outbox
from leadwire.service import (
    Backbone,
    Command,
    Say,
    ServiceDescription,
    install_backbone,
    install_relay,
    migrated_database,
)
from leadwire.service import create_app as create_service_app


def setup(app: web.Application, settings: ImportSettings) -> None:
    """Add import-svc to an application, which other services may share."""
    backbone = install_backbone(app, settings, SERVICE)
    imports = ImportStore()
    own = OwnImports(
        worker=uuid7(),
        database=backbone.database,
        imports=imports,
        rehearsals=RehearsalStore(),
    )
    worker = ImportWorker(database=backbone.database, imports=imports, own=own)
    context = _context(backbone, settings, imports=imports, own=own)
    add_operations(app, operations(context), REFUSALS)
    install_relay(app, backbone)
    app[SUPERVISOR].add(f"{backbone.name} import worker", worker)


def _context(
    backbone: Backbone, settings: ImportSettings, *, imports: ImportStore, own: OwnImports
) -> Context:
    database, leads = backbone.database, LeadStore()
    announcer = LeadsAnnouncer(outbox=backbone.outbox)
    changes = ChangesAnnouncer(outbox=backbone.outbox)
    read = ReadImports(database=database, imports=imports)
    store_chunk = StoreChunk(
        database=database,
        leads=leads,
        imports=imports,
        announcer=announcer,
        worker=own.worker,
    )
    return Context(
        import_leads=ImportLeads(
            own=own,
            earlier=EarlierImport(database=database, imports=imports),
            store_chunk=store_chunk,
            read=read,
        ),
        rehearse_import=RehearseImport(
            own=own, database=database, leads=leads, rehearsals=RehearsalStore()
        ),
        read_imports=read,
        create_lead=CreateLead(
            database=database,
            leads=leads,
            announcer=announcer,
            default_region=settings.default_region,
        ),
        change_lead=ChangeLead(
            database=database,
            leads=leads,
            imports=imports,
            announcer=changes,
            default_region=settings.default_region,
        ),
        erase_lead=EraseLead(database=database, leads=leads, imports=imports, announcer=changes),
        import_slots=asyncio.Semaphore(settings.max_running),
        default_region=settings.default_region,
        max_body_bytes=settings.max_body_bytes,
    )


def _add_resync_options(parser: ArgumentParser) -> None:
    pace = Pace()
    parser.add_argument(
        "--from-start", action="store_true", help="begin anew, also if the last one did not end"
    )
    parser.add_argument(
        "--rate",
        type=_positive,
        default=pace.rate,
        metavar="N",
        help="most leads a second (default: %(default)s)",
    )
    parser.add_argument(
        "--max-backlog",
        type=_positive,
        default=pace.max_backlog,
        metavar="N",
        help="wait while the outbox holds as many events (default: %(default)s)",
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ArgumentTypeError("must be at least 1")
    return number


async def _resync(settings: ImportSettings, options: Namespace, say: Say) -> int:
    outbox = Outbox()
    async with migrated_database(SERVICE, settings, purpose="resync") as database:
        resync = Resync(
            database=database,
            leads=LeadStore(),
            progress=ResyncStore(),
            announcer=ChangesAnnouncer(outbox=outbox),
            outbox=outbox,
            pace=Pace(rate=options.rate, max_backlog=options.max_backlog),
            say=say,
        )
        try:
            await resync(from_start=options.from_start)
        except OutboxFullError as error:
            say(f"resync: {error}")
            return 1
    return 0


SERVICE = ServiceDescription(
    name="import-svc",
    schema="import_svc",
    settings=ImportSettings,
    migrations=(
        OUTBOX_MIGRATIONS,
        MigrationSource(name="import-svc", package="import_svc.migrations"),
    ),
    subscriptions=(),
    setup=setup,
    commands=(
        Command(
            name="resync",
            help="say every lead's contact data again, for services that were rebuilt or restored",
            description=(
                "Says every lead's contact data again, as lead_updated, and every erasure, as "
                "lead_erased. It can be stopped: it goes on where it was. The service must be "
                "running elsewhere, since it publishes what this command puts into the outbox."
            ),
            add_arguments=_add_resync_options,
            run=_resync,
        ),
    ),
)


def create_app(settings: ImportSettings) -> web.Application:
    """Return import-svc as an application of its own."""
    return create_service_app(SERVICE, settings)
