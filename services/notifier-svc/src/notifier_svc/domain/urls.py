"""Which URLs and addresses events may be sent to.

The URL is looked at when a webhook is made, so that a mistake shows at once. What counts is the
address that is connected to: a name may resolve to another one at any time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final
from urllib.parse import urlsplit

from notifier_svc.domain.errors import UrlNotAllowedError

MAX_URL: Final = 2_000

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_NAT64: Final = IPv6Network("64:ff9b::/96")
_NOT_PUBLIC: Final = (
    ip_network("192.0.0.0/24"),  # for protocols; Python before 3.11.9 knows a part of it only
    ip_network("168.63.129.16/32"),  # a public address by which Azure serves its machines
    ip_network("64:ff9b:1::/48"),  # NAT64 of one's own network
    ip_network("fec0::/10"),  # site-local, as it was once
    ip_network("::/96"),  # IPv4-compatible, as it was once
)


def networks_of(text: str) -> tuple[Network, ...]:
    """Read networks or single addresses, separated by commas or spaces.

    Raises:
        ValueError: One is none.
    """
    return tuple(ip_network(each) for each in text.replace(",", " ").split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far events may be sent.

    Attributes:
        networks: Allowed although they are not public.
        http: Whether without TLS, too.
    """

    networks: Sequence[Network] = ()
    http: bool = False

    def allows(self, address: str) -> bool:
        """Tell whether an IP address may be connected to."""
        given = ip_address(address.partition("%")[0])
        meant = _meant_by(given)
        if any(each in network for network in self.networks for each in (given, meant)):
            return True
        return _is_public(meant)

    def check_url(self, url: str) -> None:
        """Look at a URL, without resolving its host.

        Raises:
            UrlNotAllowedError: Nothing may be sent there.
        """
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port  # the port is read when it is asked for
        except ValueError:
            raise UrlNotAllowedError("the URL cannot be read") from None
        schemes = ("https", "http") if self.http else ("https",)
        if parts.scheme not in schemes or not host:
            raise UrlNotAllowedError(f"the URL must begin with {' or '.join(schemes)}://host")
        if "@" in parts.netloc or parts.fragment:
            raise UrlNotAllowedError("the URL must have no user, password or fragment")
        if _is_address(host) and not self.allows(host):
            raise UrlNotAllowedError(
                "the address is not public; NOTIFIER_WEBHOOK_ALLOWED_NETWORKS allows others"
            )


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _meant_by(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address leads to, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or address


def _is_public(address: Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not any(address in network for network in _NOT_PUBLIC)
    )
