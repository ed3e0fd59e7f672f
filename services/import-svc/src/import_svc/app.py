"""Wires import-svc: the only place where its parts meet."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from aiohttp import web
from uuid_utils.compat import uuid7

from import_svc.http.context import Context
from import_svc.http.errors import TooManyImportsError
from import_svc.http.operations import operations
from import_svc.http.public_form import PublicForm
from import_svc.http.refusals import REFUSALS
from import_svc.http.resume_forms import ResumeForms
from import_svc.http.room import Room
from import_svc.messaging.lead_changes import ChangesAnnouncer
from import_svc.messaging.leads_created import LeadsAnnouncer
from import_svc.metrics import ImportMetrics
from import_svc.settings import ImportSettings
from import_svc.storage.background import BackgroundStore
from import_svc.storage.chunks import ChunkStore
from import_svc.storage.file_errors import FileStoreError
from import_svc.storage.files import FileStore
from import_svc.storage.imports import ImportStore
from import_svc.storage.leads import LeadStore
from import_svc.storage.receipts import ReceiptStore
from import_svc.storage.rehearsals import RehearsalStore
from import_svc.storage.resumes import ResumeStore, UnreferencedFiles
from import_svc.usecases.accept_import import AcceptImport
from import_svc.usecases.after_restore import AfterRestore, ids_in
from import_svc.usecases.background_imports import BackgroundImports
from import_svc.usecases.bodies import Bodies, passes
from import_svc.usecases.cancel_import import CancelImport
from import_svc.usecases.change_lead import ChangeLead
from import_svc.usecases.create_lead import CreateLead
from import_svc.usecases.delete_files import DeleteFiles
from import_svc.usecases.earlier_import import EarlierImport
from import_svc.usecases.erase_lead import EraseLead
from import_svc.usecases.forget_failures import ForgetFailures
from import_svc.usecases.forget_keys import ForgetKeys
from import_svc.usecases.import_leads import ImportLeads
from import_svc.usecases.import_worker import ImportWorker
from import_svc.usecases.keep_resume import KeepResume
from import_svc.usecases.measure_files import FileGauges
from import_svc.usecases.measure_imports import ImportGauges
from import_svc.usecases.own_imports import OwnImports
from import_svc.usecases.read_imports import ReadImports
from import_svc.usecases.read_resume import ReadResume
from import_svc.usecases.rehearse_import import RehearseImport
from import_svc.usecases.replace_resume import ReplaceResume
from import_svc.usecases.resync import ErasedLeads, Leads
from import_svc.usecases.store_chunk import StoreChunk
from import_svc.usecases.work_off_import import WorkOffImport
from leadwire.db import Database, MigrationSource
from leadwire.http import SUPERVISOR, add_operations
from leadwire.lifecycle import Component, PeriodicTask
from leadwire.outbox import OUTBOX_MIGRATIONS, Outbox
from leadwire.resync import RESYNC_MIGRATIONS, Part
from leadwire.service import (
    Backbone,
    Check,
    CheckFailedError,
    Say,
    ServiceDescription,
    install_backbone,
    install_relay,
    restored_command,
    resync_command,
)
from leadwire.service import create_app as create_service_app

SWEEP_EVERY = 3600.0
"""Seconds between two looks for bodies of imports that crashes left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Common:
    """What both the handlers and the loops work with; made once per process."""

    settings: ImportSettings
    database: Database
    outbox: Outbox
    files: FileStore
    imports: ImportStore
    background: BackgroundStore
    rehearsals: RehearsalStore
    own: OwnImports
    bodies: Bodies
    unreferenced: UnreferencedFiles
    delete_files: DeleteFiles
    metrics: ImportMetrics


def setup(app: web.Application, settings: ImportSettings) -> None:
    """Add import-svc to an application, which other services may share."""
    backbone = install_backbone(app, settings, SERVICE)
    common = _common(backbone, settings)
    context = _context(common)
    supervisor = app[SUPERVISOR]
    supervisor.add(f"{backbone.name} file store", common.files)
    add_operations(app, operations(context), REFUSALS)
    install_relay(app, backbone)
    for name, component in _loops(common, context.import_leads):
        supervisor.add(f"{backbone.name} {name}", component)


def _common(backbone: Backbone, settings: ImportSettings) -> _Common:
    database, files = backbone.database, FileStore(url=settings.files_url)
    imports, background, rehearsals = ImportStore(), BackgroundStore(), RehearsalStore()
    unreferenced = UnreferencedFiles()
    return _Common(
        settings=settings,
        database=database,
        outbox=backbone.outbox,
        files=files,
        imports=imports,
        background=background,
        rehearsals=rehearsals,
        own=OwnImports(worker=uuid7(), database=database, imports=imports, rehearsals=rehearsals),
        bodies=Bodies(
            database=database,
            background=background,
            files=files,
            max_bytes=settings.max_body_bytes,
        ),
        unreferenced=unreferenced,
        delete_files=DeleteFiles(database=database, unreferenced=unreferenced, files=files),
        metrics=ImportMetrics(backbone.registry),
    )


def _loops(common: _Common, import_leads: ImportLeads) -> Iterator[tuple[str, Component]]:
    """Yield what runs beside the handlers, in the order in which it starts."""
    database, own = common.database, common.own
    yield "file deletion", common.delete_files
    yield "lead key deletion", ForgetKeys(database=database, leads=LeadStore())
    yield (
        "failure deletion",
        ForgetFailures(
            database=database,
            receipts=ReceiptStore(),
            kept_for=timedelta(days=common.settings.failure_retention_days),
        ),
    )
    yield (
        "import gauges",
        ImportGauges(database=database, background=common.background, metrics=common.metrics),
    )
    yield "file gauges", FileGauges(files=common.files, metrics=common.metrics)
    yield "import worker", ImportWorker(database=database, imports=common.imports, own=own)
    work_off = WorkOffImport(
        own=own,
        database=database,
        background=common.background,
        files=common.files,
        bodies=common.bodies,
        import_leads=import_leads,
    )
    yield (
        "background imports",
        BackgroundImports(
            database=database,
            background=common.background,
            work_off=work_off,
            at_once=common.settings.background_running,
        ),
    )
    yield (
        "import body sweeper",
        PeriodicTask(
            name="import body sweeper",
            interval=SWEEP_EVERY,
            body=common.bodies.sweep,
            passes=passes,
        ),
    )


def _context(common: _Common) -> Context:
    settings, database, files, own = common.settings, common.database, common.files, common.own
    imports, background, bodies = common.imports, common.background, common.bodies
    leads, resumes, delete_files = LeadStore(), ResumeStore(), common.delete_files
    keep_resume = KeepResume(
        database=database,
        unreferenced=common.unreferenced,
        files=files,
        delete_files=delete_files,
    )
    announcer = LeadsAnnouncer(outbox=common.outbox)
    changes = ChangesAnnouncer(outbox=common.outbox)
    receipts = ReceiptStore()
    read = ReadImports(database=database, receipts=receipts)
    earlier = EarlierImport(database=database, imports=imports)
    store_chunk = StoreChunk(
        database=database,
        leads=leads,
        chunks=ChunkStore(),
        announcer=announcer,
        worker=own.worker,
        metrics=common.metrics,
    )
    return Context(
        import_leads=ImportLeads(own=own, earlier=earlier, store_chunk=store_chunk, read=read),
        accept_import=AcceptImport(
            database=database,
            imports=imports,
            background=background,
            earlier=earlier,
            bodies=bodies,
            read=read,
        ),
        cancel_import=CancelImport(
            own=own, database=database, background=background, bodies=bodies, read=read
        ),
        rehearse_import=RehearseImport(
            own=own, database=database, leads=leads, rehearsals=common.rehearsals
        ),
        read_imports=read,
        create_lead=CreateLead(
            database=database,
            leads=leads,
            resumes=resumes,
            keep_resume=keep_resume,
            announcer=announcer,
            default_region=settings.default_region,
            metrics=common.metrics,
            resume_required=settings.form_resume_required,
        ),
        change_lead=ChangeLead(
            database=database,
            leads=leads,
            announcer=changes,
            default_region=settings.default_region,
        ),
        erase_lead=EraseLead(
            database=database,
            leads=leads,
            receipts=receipts,
            rehearsals=common.rehearsals,
            resumes=resumes,
            delete_files=delete_files,
            announcer=changes,
        ),
        read_resume=ReadResume(database=database, resumes=resumes, files=files),
        replace_resume=ReplaceResume(
            database=database,
            leads=leads,
            resumes=resumes,
            keep_resume=keep_resume,
            delete_files=delete_files,
            announcer=changes,
        ),
        resume_forms=ResumeForms(max_resume_bytes=settings.max_resume_bytes),
        public_form=PublicForm(
            per_minute=settings.form_per_minute,
            honeypot=settings.form_honeypot,
            conceals=settings.form_conceals,
            metrics=common.metrics,
        ),
        import_slots=Room(size=settings.max_running, full=TooManyImportsError),
        upload_slots=Room(size=settings.max_running, full=TooManyImportsError),
        default_region=settings.default_region,
        max_body_bytes=settings.max_body_bytes,
    )


def _parts(outbox: Outbox) -> Sequence[Part]:
    leads, announcer = LeadStore(), ChangesAnnouncer(outbox=outbox)
    return (
        Leads(leads=leads, announcer=announcer),
        ErasedLeads(leads=leads, announcer=announcer),
    )


async def _check_files(settings: ImportSettings) -> None:
    try:
        await FileStore(url=settings.files_url).start()
    except FileStoreError as error:
        raise CheckFailedError(str(error)) from None


def _add_restored_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--erased",
        type=Path,
        metavar="FILE",
        help="ids of leads that were erased after the backup was taken, one a line: they are "
        "erased again",
    )


async def _restored(
    settings: ImportSettings, database: Database, options: Namespace, say: Say
) -> bool:
    try:
        erased = list(ids_in(options.erased)) if options.erased else []
    except (OSError, ValueError) as error:
        say(f"restored: {options.erased} is no list of ids: {error}")
        return False
    files, leads, unreferenced = FileStore(url=settings.files_url), LeadStore(), UnreferencedFiles()
    erase_lead = EraseLead(
        database=database,
        leads=leads,
        receipts=ReceiptStore(),
        rehearsals=RehearsalStore(),
        resumes=ResumeStore(),
        delete_files=DeleteFiles(database=database, unreferenced=unreferenced, files=files),
        announcer=ChangesAnnouncer(outbox=Outbox()),
    )
    after_restore = AfterRestore(
        database=database,
        leads=leads,
        unreferenced=unreferenced,
        files=files,
        erase_lead=erase_lead,
        say=say,
    )
    return await after_restore(erased=erased)


SERVICE = ServiceDescription(
    name="import-svc",
    schema="import_svc",
    settings=ImportSettings,
    migrations=(
        OUTBOX_MIGRATIONS,
        RESYNC_MIGRATIONS,
        MigrationSource(name="import-svc", package="import_svc.migrations"),
    ),
    subscriptions=(),
    setup=setup,
    checks=(Check(name="file store", run=_check_files),),
    commands=(
        resync_command(
            _parts,
            readers=("manager-svc", "notifier-svc", "stream-svc"),
            help_line="say every lead's contact data again, for services that were rebuilt",
            says=(
                "Says every lead's contact data again, as lead_updated, and every erasure, as "
                "lead_erased."
            ),
        ),
        restored_command(
            _restored,
            help_line="make a database fit that was restored from a backup, before its first start",
            does=(
                "Lifts the rev of every lead beyond any that was told, erases again who was "
                "erased since, and leaves files that are newer than the backup to be deleted."
            ),
            add_arguments=_add_restored_options,
        ),
    ),
)


def create_app(settings: ImportSettings) -> web.Application:
    """Return import-svc as an application of its own."""
    return create_service_app(SERVICE, settings)
