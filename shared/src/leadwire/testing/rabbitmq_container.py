"""A RabbitMQ in Docker, through testcontainers."""

import asyncio
import secrets

import aio_pika
from tenacity import AsyncRetrying, stop_after_delay, wait_fixed

from leadwire.db.embedded import free_port
from leadwire.testing.rabbitmq_errors import RabbitMQNotAvailableError

IMAGE = "rabbitmq:4-management"
_AMQP, _HTTP = 5672, 15672


class ContainerRabbitMQ:
    """A RabbitMQ in a container of its own; it keeps its data from `stop` to `start`.

    Args:
        image: An image with the management plugin.
    """

    def __init__(self, *, image: str = IMAGE) -> None:
        # Here, because Docker's client is slow to import and most test runs need none.
        from testcontainers.core.container import DockerContainer  # noqa: PLC0415

        self._password = secrets.token_hex(16)
        # Ports of the host that stay the same when the container is restarted.
        self._amqp, self._http = free_port(), free_port()
        self._container = (
            DockerContainer(image)
            .with_env("RABBITMQ_DEFAULT_USER", "leadwire")
            .with_env("RABBITMQ_DEFAULT_PASS", self._password)
            .with_bind_ports(_AMQP, self._amqp)
            .with_bind_ports(_HTTP, self._http)
        )
        self._created = False

    @property
    def url(self) -> str:
        """Its `amqp://` address."""
        host = self._container.get_container_host_ip()
        return f"amqp://leadwire:{self._password}@{host}:{self._amqp}/"

    @property
    def management_url(self) -> str | None:
        """The address of its management API."""
        host = self._container.get_container_host_ip()
        return f"http://leadwire:{self._password}@{host}:{self._http}"

    async def start(self) -> None:
        """Return when it accepts connections."""
        if self._created:
            await asyncio.to_thread(self._container.get_wrapped_container().start)
        else:
            await asyncio.to_thread(self._container.start)
            self._created = True
        async for attempt in AsyncRetrying(
            stop=stop_after_delay(60), wait=wait_fixed(0.2), reraise=True
        ):
            with attempt:
                # The bare port first: the client logs an error for each refused connection.
                _, writer = await asyncio.open_connection(
                    self._container.get_container_host_ip(), self._amqp
                )
                writer.close()
                await (await aio_pika.connect(self.url, timeout=5)).close()

    async def stop(self) -> None:
        """Stop the container, but keep it with its data."""
        if self._created:
            await asyncio.to_thread(self._container.get_wrapped_container().stop, timeout=30)

    async def restart(self) -> None:
        """Take it down and up again."""
        await self.stop()
        await self.start()

    async def ctl(self, *arguments: str) -> str:
        """Run `rabbitmqctl` inside the container.

        Raises:
            RabbitMQNotAvailableError: It failed; the message holds its output.
        """
        code, output = await asyncio.to_thread(self._container.exec, ["rabbitmqctl", *arguments])
        text = output.decode(errors="replace")
        if code != 0:
            raise RabbitMQNotAvailableError(f"rabbitmqctl {' '.join(arguments)} failed:\n{text}")
        return str(text)

    async def close(self) -> None:
        """Remove the container and its data."""
        if self._created:
            self._created = False
            await asyncio.to_thread(self._container.stop)
