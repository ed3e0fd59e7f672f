"""Who a request is from, for limits by client."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from aiohttp import web

from leadwire.http.keys import TRUSTED_PROXIES

Network = IPv4Network | IPv6Network

# A network of this size is what one subscriber gets; its addresses are his to choose.
_IPV6_PREFIX: Final = 64


def networks_of(text: str) -> Sequence[Network]:
    """Read networks with commas between them.

    Raises:
        ValueError: One is none.
    """
    return [ip_network(part.strip()) for part in text.split(",") if part.strip()]


def client_of(request: web.Request) -> str:
    """Name the client by its address.

    `TRUSTED_PROXIES` are believed whom they speak for. Of what stands in `X-Forwarded-For` only
    the last address that is not theirs is believed: the ones before it are what the client sent.
    """
    proxies = request.app[TRUSTED_PROXIES]
    hops = [*_forwarded_for(request), request.remote or ""]
    while len(hops) > 1 and _is_of(hops[-1], proxies):
        hops.pop()
    return _subscriber(hops[-1])


def _forwarded_for(request: web.Request) -> list[str]:
    lines = request.headers.getall("X-Forwarded-For", [])
    return [part.strip() for line in lines for part in line.split(",")]


def _is_of(address: str, networks: Sequence[Network]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in networks)


def _subscriber(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((found, _IPV6_PREFIX), strict=False))
    return str(found)
