"""The services of Leadwire as processes on servers of the caller's, with an operator's settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from leadwire.db.embedded import free_port
from leadwire.testing.process import ServiceProcess, run_to_end

PASSWORD = "for-tests-only"  # noqa: S105 - of servers that are gone after the test
PREFIXES = {
    "import_svc": "IMPORT",
    "manager_svc": "MANAGER",
    "notifier_svc": "NOTIFIER",
    "stream_svc": "STREAM",
}
"""The services' modules, and how the names of their own settings begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Urls:
    """Where the servers are; a service may be sent through a proxy instead."""

    admin_database: str
    broker: str
    broker_of: Mapping[str, str]
    role_suffix: str

    def environment(self, module: str, *, port: int, directory: Path) -> dict[str, str]:
        """Return the settings of one service, as its operator would give them."""
        prefix = PREFIXES[module]
        return {
            "LEADWIRE_AUTH": "off",
            "LEADWIRE_LOG_FORMAT": "json",
            "LEADWIRE_LOG_LEVEL": "info",
            "LEADWIRE_HTTP_PORT": str(port),
            "LEADWIRE_BROKER_URL": self.broker_of.get(module, self.broker),
            f"{prefix}_DATABASE_URL": self._role_url(module),
            "LEADWIRE_ADMIN_DATABASE_URL": self.admin_database,
            "IMPORT_FILES_URL": (directory / "files").as_uri(),
            "NOTIFIER_EMAIL_URL": (directory / "mail").as_uri(),
            "NOTIFIER_EMAIL_FROM": "leads@example.com",
            "NOTIFIER_ALERT_EMAIL_TO": "sales@example.com",
        }

    def _role_url(self, module: str) -> str:
        parts = urlsplit(self.admin_database)
        host = parts.netloc.rpartition("@")[2]
        return parts._replace(netloc=f"{module}_{self.role_suffix}:{PASSWORD}@{host}").geturl()


def new_process(module: str, urls: Urls, directory: Path, *, replica: int = 1) -> ServiceProcess:
    """Return a process of a service, on a port of its own, that does not run yet."""
    port = free_port()
    return ServiceProcess(
        module=module,
        environment=urls.environment(module, port=port, directory=directory),
        port=port,
        log=directory / f"{module}-{replica}.log",
    )


async def prepare(service: ServiceProcess) -> None:
    """Do once what a service needs before its first start."""
    await run_to_end([service.module, "prepare"], environment=service.environment)
