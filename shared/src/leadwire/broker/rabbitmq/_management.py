"""The management API, for the one thing that AMQP does not tell: which bindings exist."""

from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import aiohttp
from pydantic import BaseModel, TypeAdapter, ValidationError
from yarl import URL

from leadwire.broker.errors import BrokerUnavailableError

_WITHIN: Final = 10.0


class _Binding(BaseModel):
    destination: str
    destination_type: str
    routing_key: str


_BINDINGS: Final = TypeAdapter(list[_Binding])


class Management:
    """Reads from the management API of one virtual host.

    Args:
        url: Its `http(s)://` address, with credentials.
        vhost: Name of the virtual host.
    """

    def __init__(self, *, url: URL, vhost: str) -> None:
        self._url = url
        self._vhost = vhost

    async def binding_keys(self, *, exchange: str, queue: str) -> set[str]:
        """Return the routing keys by which a queue is bound to an exchange.

        Raises:
            BrokerUnavailableError: The API does not answer, or not as it should.
        """
        path = f"/api/exchanges/{_part(self._vhost)}/{_part(exchange)}/bindings/source"
        try:
            body = await self._get(path)
            bindings = _BINDINGS.validate_json(body)
        except (aiohttp.ClientError, TimeoutError, ValidationError) as error:
            # The error's text may hold the URL with its password: its kind must do.
            raise BrokerUnavailableError(
                f"RabbitMQ's management API does not list bindings: {type(error).__name__}"
            ) from None
        return {
            binding.routing_key
            for binding in bindings
            if binding.destination_type == "queue" and binding.destination == queue
        }

    async def _get(self, path: str) -> bytes:
        timeout = aiohttp.ClientTimeout(total=_WITHIN)
        url = self._url.with_path(path, encoded=True).with_query(None)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
            if response.status == HTTPStatus.NOT_FOUND:
                # No such exchange or virtual host, so nothing is bound to it.
                return b"[]"
            response.raise_for_status()
            return await response.read()


def _part(name: str) -> str:
    return quote(name, safe="")
