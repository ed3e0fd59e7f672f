"""One standalone run, from an empty directory to a clean stop."""

import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from leadwire.broker import BrokerError
from leadwire.db import DatabaseError
from leadwire.db.embedded import EmbeddedPostgres, EmbeddedPostgresError
from leadwire.http import SUPERVISOR, HttpServer
from leadwire.lifecycle import ComponentFailedError, Supervisor
from leadwire.service import ServiceSettings, SettingsError
from leadwire_standalone.app import create_app
from leadwire_standalone.credentials import load_or_make_passwords
from leadwire_standalone.data import POSTGRES, is_ours
from leadwire_standalone.environment import keep_environment, set_defaults
from leadwire_standalone.moving import EventsLeftBehindError
from leadwire_standalone.options import HOST, Options
from leadwire_standalone.provisioning import (
    ROLES,
    broker_url,
    check_settings,
    provision,
    service_settings,
)


class PortTakenError(Exception):
    """Somebody else listens on the port that was asked for."""


class DataDirectoryError(Exception):
    """Nothing can be kept in the directory that was chosen."""


STARTUP_ERRORS = (
    ComponentFailedError,
    BrokerError,
    DataDirectoryError,
    DatabaseError,
    EmbeddedPostgresError,
    EventsLeftBehindError,
    OSError,
    PortTakenError,
    SettingsError,
)
"""What can go wrong for reasons that the person at the terminal can mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A running Leadwire.

    Attributes:
        url: Where it answers HTTP.
        broker_url: The broker that its services talk through; may bear a password.
        supervisor: Watches its components.
    """

    url: str
    broker_url: str
    supervisor: Supervisor


@asynccontextmanager
async def running(options: Options) -> AsyncIterator[Running]:
    """Start everything, and stop it at the end.

    Raises:
        ComponentFailedError: Something did not start.
        DataDirectoryError: Nothing can be kept in the data directory.
        DatabaseUnavailableError: The given database does not answer, or refuses us.
        EmbeddedPostgresError: The embedded database cannot be made or started.
        EventsLeftBehindError: Another broker is chosen, and events wait in that of the database.
        PortTakenError: Somebody else listens on the port.
        SettingsError: A setting in the environment is wrong.
    """
    _insist_on_usable(options.data)
    set_defaults(options.data)
    check_settings(options)
    _insist_on_free_port(options.port)
    async with AsyncExitStack() as stack:
        admin_url = options.database_url or await _start_postgres(options.data, stack)
        passwords = load_or_make_passwords(options.data, ROLES)
        broker = broker_url(options, admin_url=admin_url, passwords=passwords)
        settings = service_settings(admin_url=admin_url, broker_url=broker, passwords=passwords)
        await provision(settings, admin_url=admin_url, passwords=passwords)
        keep_environment(options.data, settings)
        app = create_app(settings)
        server = _add_server(app, options, settings)
        stack.push_async_callback(app[SUPERVISOR].stop)
        await app[SUPERVISOR].start()
        yield Running(
            url=f"http://{HOST}:{server.port}", broker_url=broker, supervisor=app[SUPERVISOR]
        )


def _insist_on_free_port(port: int) -> None:
    """Say so now: the server itself would find out only once everything else has started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PortTakenError(
                f"port {port} of {HOST} cannot be had ({error.strerror}): stop what uses it, or "
                "choose another with --port (`make run PORT=...`)"
            ) from error


def _add_server(
    app: web.Application, options: Options, settings: dict[str, ServiceSettings]
) -> HttpServer:
    server = HttpServer(
        app=app,
        host=HOST,
        port=options.port,
        drain_delay=max(each.drain_delay for each in settings.values()),
        drain_within=max(each.drain_within for each in settings.values()),
    )
    app[SUPERVISOR].add("http", server, stop_within=server.stop_within)
    return server


async def _start_postgres(data: Path, stack: AsyncExitStack) -> str:
    postgres = EmbeddedPostgres(data_dir=data / POSTGRES)
    stack.push_async_callback(postgres.stop)
    await postgres.start()
    return postgres.url


def _insist_on_usable(data: Path) -> None:
    """Make the data directory, and prove that it is ours and can be written into.

    Raises:
        DataDirectoryError: It is not, or cannot.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
        if not is_ours(data):
            raise _unusable(data, "it holds files that are not Leadwire's")
        with tempfile.TemporaryFile(dir=data):
            pass
    except OSError as error:
        why = "it is a file" if isinstance(error, FileExistsError) else error.strerror
        raise _unusable(data, str(why)) from error


def _unusable(data: Path, why: str) -> DataDirectoryError:
    return DataDirectoryError(
        f"DATA {data} cannot be used: {why}; choose another directory with "
        "`make run DATA=/some/dir` (--data), one that is empty or not there yet"
    )
