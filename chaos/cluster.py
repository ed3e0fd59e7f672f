"""What a run is about: every service as two processes, each with a bad network of its own."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from chaos.endpoint import Endpoint
from chaos.plan import REPLICAS, SERVICES
from chaos.post_office import MailServer
from chaos.subscribers import LATE, VICES, Reader, SubscriberProcess
from leadwire.db.embedded.ports import LOOPBACK
from leadwire.testing import TcpProxy
from leadwire.testing.postgres import PostgresServer, own_postgres_server
from leadwire.testing.postgres_databases import DatabaseTemplates
from leadwire.testing.process import ServiceProcess
from leadwire.testing.rabbitmq import RabbitMQServer, own_rabbitmq_server
from leadwire.testing.services import Urls, new_process, prepare

START_WITHIN: Final = 120.0
"""Seconds in which a service is ready, also if a server is down when it starts."""

NOTIFIER: Final = {
    "NOTIFIER_WEBHOOK_ALLOWED_NETWORKS": LOOPBACK,
    "NOTIFIER_WEBHOOK_ALLOW_HTTP": "true",
    "NOTIFIER_WEBHOOK_ANSWER_WITHIN_S": "3",
    "NOTIFIER_EMAIL_ANSWER_WITHIN_S": "3",
    "NOTIFIER_EMAIL_SEND_WITHIN_S": "5",
}
"""Its settings, so that what a killed process had in hand is due again while a run lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """One process of a service, and its ways to the servers."""

    name: str
    process: ServiceProcess
    to_database: TcpProxy
    to_broker: TcpProxy

    @property
    def proxies(self) -> tuple[TcpProxy, TcpProxy]:
        """Both ways."""
        return self.to_database, self.to_broker


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Servers, services and subscribers.

    Attributes:
        admin_database: The administrator's address of the services' database.
        replicas: By name, such as `manager_svc-2`.
        subscribers: By name.
        late: A subscriber that is not started yet.
        endpoint: Is sent events by a webhook.
        mail: Is sent emails.
    """

    postgres: PostgresServer
    rabbitmq: RabbitMQServer
    admin_database: str
    replicas: Mapping[str, Replica]
    subscribers: Mapping[str, SubscriberProcess]
    late: SubscriberProcess
    endpoint: Endpoint
    mail: MailServer

    @property
    def readers(self) -> Mapping[str, Reader]:
        """Whoever is told of all events, by name."""
        return {**self.subscribers, **self.readers_of_journal}

    @property
    def readers_of_journal(self) -> Mapping[str, Reader]:
        """Those of them who are told, of some at least, by the journal."""
        return {LATE: self.late, "endpoint": self.endpoint}

    def of(self, service: str) -> Sequence[Replica]:
        """Return the replicas of a service."""
        return [each for each in self.replicas.values() if each.process.module == service]


@asynccontextmanager
async def running_cluster(directory: Path) -> AsyncIterator[Cluster]:
    """Start everything on servers of our own, with data and logs in a directory."""
    async with AsyncExitStack() as stack:
        postgres, rabbitmq = own_postgres_server(), own_rabbitmq_server(directory / "rabbitmq")
        stack.push_async_callback(postgres.close)
        stack.push_async_callback(rabbitmq.close)
        await asyncio.gather(postgres.start(), rabbitmq.start())
        databases = DatabaseTemplates(server=postgres)
        database = databases.admin_url(await databases.create())
        endpoint, mail = Endpoint(directory / "endpoint.db"), MailServer()
        for outside in (endpoint, mail):
            await outside.start()
            stack.push_async_callback(outside.stop)
        ways = _Ways(
            stack,
            database=database,
            broker=rabbitmq.url,
            suffix=secrets.token_hex(4),
            more_of={"notifier_svc": {**NOTIFIER, "NOTIFIER_EMAIL_URL": mail.url}},
        )
        replicas = [
            await ways.new_replica(service, number, directory)
            for service in SERVICES
            for number in range(1, REPLICAS + 1)
        ]
        await _prepare(ways, directory)
        subscribers = [
            SubscriberProcess(name=name, vices=vices, url=rabbitmq.url, directory=directory)
            for name, vices in VICES.items()
        ]
        late = SubscriberProcess(name=LATE, vices=(), url=rabbitmq.url, directory=directory)
        for each in (*subscribers, late):
            stack.push_async_callback(each.stop)
        for replica in replicas:
            stack.push_async_callback(replica.process.kill)
        await asyncio.gather(*(each.start() for each in subscribers))
        await asyncio.gather(*(each.process.start(within=START_WITHIN) for each in replicas))
        yield Cluster(
            postgres=postgres,
            rabbitmq=rabbitmq,
            admin_database=database,
            replicas={each.name: each for each in replicas},
            subscribers={each.name: each for each in subscribers},
            late=late,
            endpoint=endpoint,
            mail=mail,
        )


class _Ways:
    """Makes replicas whose connections go through proxies."""

    def __init__(
        self,
        stack: AsyncExitStack,
        *,
        database: str,
        broker: str,
        suffix: str,
        more_of: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._more_of = more_of
        self._stack = stack
        self._database = database
        self._broker = broker
        self._suffix = suffix

    async def new_replica(self, service: str, number: int, directory: Path) -> Replica:
        to_database, through_first = await self._proxy(self._database)
        to_broker, through_second = await self._proxy(self._broker)
        urls = self.urls(database=through_first, broker=through_second)
        process = new_process(service, urls, directory, replica=number)
        process.environment = {**process.environment, **self._more_of.get(service, {})}
        return Replica(
            name=f"{service}-{number}",
            process=process,
            to_database=to_database,
            to_broker=to_broker,
        )

    def urls(self, *, database: str | None = None, broker: str | None = None) -> Urls:
        """Return where the servers are; straight, if no other way is given."""
        return Urls(
            admin_database=database or self._database,
            broker=broker or self._broker,
            broker_of={},
            role_suffix=self._suffix,
        )

    async def _proxy(self, url: str) -> tuple[TcpProxy, str]:
        address = urlsplit(url)
        login = address.netloc.rpartition("@")[0]
        proxy = TcpProxy(str(address.hostname), address.port or 0)
        await self._stack.enter_async_context(proxy)
        return proxy, address._replace(netloc=f"{login}@{proxy.host}:{proxy.port}").geturl()


async def _prepare(ways: _Ways, directory: Path) -> None:
    """Migrate and declare, as an operator does before the first start."""
    processes = [new_process(service, ways.urls(), directory) for service in SERVICES]
    await asyncio.gather(*(prepare(process) for process in processes))
