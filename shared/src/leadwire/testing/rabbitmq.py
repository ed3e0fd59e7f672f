"""Find or start a RabbitMQ for tests, the demo and benchmarks.

In this order: the server that `TEST_AMQP_URL` names, one in Docker through
testcontainers, or the machine's own `rabbitmq-server` started privately. Nothing here
touches a server that it did not start.
"""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import uuid4

import aio_pika
import aiohttp
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_fixed

from leadwire.testing.rabbitmq_container import ContainerRabbitMQ
from leadwire.testing.rabbitmq_errors import RabbitMQNotAvailableError, RabbitMQNotOursError
from leadwire.testing.rabbitmq_process import PrivateRabbitMQ, find_rabbitmq

__all__ = [
    "ContainerRabbitMQ",
    "GivenRabbitMQ",
    "PrivateRabbitMQ",
    "RabbitMQNotAvailableError",
    "RabbitMQNotOursError",
    "RabbitMQServer",
    "Vhost",
    "docker_answers",
    "find_rabbitmq",
    "new_rabbitmq_server",
    "own_rabbitmq_server",
]


class RabbitMQServer(Protocol):
    """A RabbitMQ, running or not."""

    @property
    def url(self) -> str:
        """Its `amqp://` address, with an account that may do everything."""
        ...

    @property
    def management_url(self) -> str | None:
        """The `http://` address of its management API with the same account, or None."""
        ...

    async def start(self) -> None:
        """Return when it accepts connections."""
        ...

    async def stop(self) -> None:
        """Take it down; what is durable stays. Twice is harmless."""
        ...

    async def restart(self) -> None:
        """Take it down and up again; returns when it accepts connections."""
        ...

    async def ctl(self, *arguments: str) -> str:
        """Run `rabbitmqctl` with these arguments and return what it prints."""
        ...

    async def close(self) -> None:
        """Stop it and remove what it left on the machine."""
        ...


class GivenRabbitMQ:
    """A server that somebody else runs: it is used, never stopped nor configured.

    Args:
        url: Its `amqp://` address.
        management_url: The `http://` address of its management API, if it has one.
    """

    def __init__(self, *, url: str, management_url: str | None = None) -> None:
        self._url = url
        self._management_url = management_url

    @property
    def url(self) -> str:
        """Its `amqp://` address."""
        return self._url

    @property
    def management_url(self) -> str | None:
        """The address of its management API, if one was given."""
        return self._management_url

    async def start(self) -> None:
        """Prove that it answers."""
        await (await aio_pika.connect(self._url, timeout=10)).close()

    async def stop(self) -> None:
        """Leave it alone."""

    async def close(self) -> None:
        """Leave it alone."""

    async def restart(self) -> None:
        """Refuse.

        Raises:
            RabbitMQNotOursError: Always.
        """
        raise RabbitMQNotOursError("the server named by TEST_AMQP_URL is not ours to restart")

    async def ctl(self, *arguments: str) -> str:
        """Refuse.

        Raises:
            RabbitMQNotOursError: Always.
        """
        raise RabbitMQNotOursError(
            f"the server named by TEST_AMQP_URL is not ours to control: {' '.join(arguments)}"
        )


def new_rabbitmq_server(data_dir: Path) -> RabbitMQServer:
    """Return a server, not yet started, of the first kind that there is here.

    Args:
        data_dir: Where a private server may keep its files.

    Raises:
        RabbitMQNotAvailableError: There is none; the message says what to install.
    """
    if url := os.environ.get("TEST_AMQP_URL"):
        return GivenRabbitMQ(url=url, management_url=os.environ.get("TEST_AMQP_MANAGEMENT_URL"))
    return own_rabbitmq_server(data_dir)


def own_rabbitmq_server(data_dir: Path) -> RabbitMQServer:
    """Return a server, not yet started, that the caller may stop, restart and alarm.

    Args:
        data_dir: Where a private server may keep its files.

    Raises:
        RabbitMQNotAvailableError: There is neither Docker nor `rabbitmq-server`.
    """
    if docker_answers():
        return ContainerRabbitMQ()
    if find_rabbitmq() is not None:
        return PrivateRabbitMQ(data_dir=data_dir)
    raise RabbitMQNotAvailableError(
        "tests need a RabbitMQ: run tools/install-rabbitmq, which installs rabbitmq-server or "
        "says how; or start Docker; or set TEST_AMQP_URL"
    )


def docker_answers() -> bool:
    """Tell whether there is a Docker engine that answers; the command alone is not enough."""
    if (command := shutil.which("docker")) is None:
        return False
    try:
        found = subprocess.run([command, "info"], capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return found.returncode == 0


class Vhost:
    """A virtual host of its own on a server, so that users do not see each other.

    Where virtual hosts cannot be made (`TEST_AMQP_URL` without a management API), a
    namespace takes its place: the broker's `?namespace=` names everything differently.
    The queues made in it are left on the server, which is one made for tests.

    Args:
        server: A running server.
    """

    def __init__(self, *, server: RabbitMQServer) -> None:
        self._server = server
        self.name = f"test-{uuid4().hex[:12]}"

    @property
    def url(self) -> str:
        """The server's address with this virtual host."""
        parts = urlsplit(self._server.url)
        if self._api is None:
            return urlunsplit(parts._replace(query=f"namespace={self.name}"))
        return urlunsplit(parts._replace(path=f"/{quote(self.name, safe='')}"))

    async def create(self) -> None:
        """Make it, and give the server's account every right in it."""
        if self._api is not None:
            user = quote(urlsplit(self._server.url).username or "", safe="")
            await self._request("PUT", f"vhosts/{self.name}", {})
            everything = {"configure": ".*", "write": ".*", "read": ".*"}
            await self._request("PUT", f"permissions/{self.name}/{user}", everything)

    async def delete(self) -> None:
        """Remove it with all that is in it, also after the server was restarted."""
        if self._api is not None:
            await self._request("DELETE", f"vhosts/{self.name}", None)

    @property
    def _api(self) -> str | None:
        return self._server.management_url

    async def _request(self, method: str, path: str, body: dict[str, str] | None) -> None:
        # The API comes up a moment after the AMQP listener.
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(aiohttp.ClientError),
            stop=stop_after_delay(30),
            wait=wait_fixed(0.2),
            reraise=True,
        ):
            with attempt:
                await asyncio.wait_for(self._send(method, path, body), timeout=30)

    async def _send(self, method: str, path: str, body: dict[str, str] | None) -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self._api}/api/{path}", json=body) as response,
        ):
            response.raise_for_status()
