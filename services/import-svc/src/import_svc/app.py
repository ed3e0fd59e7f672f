"""Wires import-svc: the only place where its parts meet."""

from collections.abc import Sequence

from aiohttp import web
from uuid_utils.compat import uuid7

from import_svc.http.context import Context
from import_svc.http.errors import TooManyImportsError
from import_svc.http.operations import operations
from import_svc.http.refusals import REFUSALS
from import_svc.http.resume_forms import ResumeForms
from import_svc.http.room import Room
from import_svc.messaging.lead_changes import ChangesAnnouncer
from import_svc.messaging.leads_created import LeadsAnnouncer
from import_svc.settings import ImportSettings
from import_svc.storage.background import BackgroundStore
from import_svc.storage.file_errors import FileStoreError
from import_svc.storage.files import FileStore
from import_svc.storage.imports import ImportStore
from import_svc.storage.leads import LeadStore
from import_svc.storage.rehearsals import RehearsalStore
from import_svc.storage.resumes import ResumeStore, UnreferencedFiles
from import_svc.usecases.accept_import import AcceptImport
from import_svc.usecases.background_imports import BackgroundImports
from import_svc.usecases.bodies import Bodies, passes
from import_svc.usecases.cancel_import import CancelImport
from import_svc.usecases.change_lead import ChangeLead
from import_svc.usecases.create_lead import CreateLead
from import_svc.usecases.delete_files import DeleteFiles
from import_svc.usecases.earlier_import import EarlierImport
from import_svc.usecases.erase_lead import EraseLead
from import_svc.usecases.import_leads import ImportLeads
from import_svc.usecases.import_worker import ImportWorker
from import_svc.usecases.keep_resume import KeepResume
from import_svc.usecases.own_imports import OwnImports
from import_svc.usecases.read_imports import ReadImports
from import_svc.usecases.read_resume import ReadResume
from import_svc.usecases.rehearse_import import RehearseImport
from import_svc.usecases.replace_resume import ReplaceResume
from import_svc.usecases.resync import ErasedLeads, Leads
from import_svc.usecases.store_chunk import StoreChunk
from import_svc.usecases.work_off_import import WorkOffImport
from leadwire.db import MigrationSource
from leadwire.http import SUPERVISOR, add_operations
from leadwire.lifecycle import PeriodicTask
from leadwire.outbox import OUTBOX_MIGRATIONS, Outbox
from leadwire.resync import RESYNC_MIGRATIONS, Part
from leadwire.service import (
    Backbone,
    Check,
    CheckFailedError,
    ServiceDescription,
    install_backbone,
    install_relay,
    resync_command,
)
from leadwire.service import create_app as create_service_app

SWEEP_EVERY = 3600.0
"""Seconds between two looks for bodies of imports that crashes left."""


def setup(app: web.Application, settings: ImportSettings) -> None:
    """Add import-svc to an application, which other services may share."""
    backbone = install_backbone(app, settings, SERVICE)
    files = FileStore(url=settings.files_url)
    app[SUPERVISOR].add(f"{backbone.name} file store", files)
    imports = ImportStore()
    own = OwnImports(
        worker=uuid7(),
        database=backbone.database,
        imports=imports,
        rehearsals=RehearsalStore(),
    )
    bodies = Bodies(
        database=backbone.database,
        background=BackgroundStore(),
        files=files,
        max_bytes=settings.max_body_bytes,
    )
    delete_files = DeleteFiles(
        database=backbone.database, unreferenced=UnreferencedFiles(), files=files
    )
    context = _context(
        backbone,
        settings,
        imports=imports,
        own=own,
        bodies=bodies,
        files=files,
        delete_files=delete_files,
    )
    add_operations(app, operations(context), REFUSALS)
    install_relay(app, backbone)
    app[SUPERVISOR].add(f"{backbone.name} file deletion", delete_files)
    worker = ImportWorker(database=backbone.database, imports=imports, own=own)
    app[SUPERVISOR].add(f"{backbone.name} import worker", worker)
    work_off = WorkOffImport(
        own=own,
        database=backbone.database,
        background=BackgroundStore(),
        files=files,
        bodies=bodies,
        import_leads=context.import_leads,
    )
    _run_in_background(app, backbone, settings, work_off=work_off, bodies=bodies)


def _run_in_background(
    app: web.Application,
    backbone: Backbone,
    settings: ImportSettings,
    *,
    work_off: WorkOffImport,
    bodies: Bodies,
) -> None:
    waiting = BackgroundImports(
        database=backbone.database,
        background=BackgroundStore(),
        work_off=work_off,
        at_once=settings.background_running,
    )
    sweeper = PeriodicTask(
        name="import body sweeper", interval=SWEEP_EVERY, body=bodies.sweep, passes=passes
    )
    app[SUPERVISOR].add(f"{backbone.name} background imports", waiting)
    app[SUPERVISOR].add(f"{backbone.name} import body sweeper", sweeper)


def _context(
    backbone: Backbone,
    settings: ImportSettings,
    *,
    imports: ImportStore,
    own: OwnImports,
    bodies: Bodies,
    files: FileStore,
    delete_files: DeleteFiles,
) -> Context:
    database, leads, background = backbone.database, LeadStore(), BackgroundStore()
    resumes = ResumeStore()
    keep_resume = KeepResume(
        database=database,
        unreferenced=UnreferencedFiles(),
        files=files,
        delete_files=delete_files,
    )
    announcer = LeadsAnnouncer(outbox=backbone.outbox)
    changes = ChangesAnnouncer(outbox=backbone.outbox)
    read = ReadImports(database=database, imports=imports)
    earlier = EarlierImport(database=database, imports=imports)
    store_chunk = StoreChunk(
        database=database,
        leads=leads,
        imports=imports,
        announcer=announcer,
        worker=own.worker,
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
            own=own, database=database, leads=leads, rehearsals=RehearsalStore()
        ),
        read_imports=read,
        create_lead=CreateLead(
            database=database,
            leads=leads,
            resumes=resumes,
            keep_resume=keep_resume,
            announcer=announcer,
            default_region=settings.default_region,
            resume_required=settings.form_resume_required,
        ),
        change_lead=ChangeLead(
            database=database,
            leads=leads,
            imports=imports,
            announcer=changes,
            default_region=settings.default_region,
        ),
        erase_lead=EraseLead(
            database=database,
            leads=leads,
            imports=imports,
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
            help_line="say every lead's contact data again, for services that were rebuilt",
            says=(
                "Says every lead's contact data again, as lead_updated, and every erasure, as "
                "lead_erased."
            ),
        ),
    ),
)


def create_app(settings: ImportSettings) -> web.Application:
    """Return import-svc as an application of its own."""
    return create_service_app(SERVICE, settings)
