"""Under which names a process is asked.

Where nobody has to show who he is, a browser on the same machine may ask for everything. Pages of
other sites are kept from that by their origin; but whoever owns a name can have it lead to
127.0.0.1 once his page is loaded (DNS rebinding), and then the page is of the same origin. Its name
is still in `Host`, and that alone tells. An address in `Host` was looked up nowhere.
"""

import re
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from leadwire.http.keys import SERVED_HOSTS
from leadwire.http.middleware import Handler
from leadwire.http.problems import Problem

ANY_HOST: Final = "*"
_NAME: Final = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*")


def hosts_from(text: str) -> Sequence[str]:
    """Read names with commas between them, `*.example.com` for all below, or `*` for any.

    Raises:
        ValueError: One is none.
    """
    hosts = [part.strip().lower() for part in text.split(",") if part.strip()]
    if hosts != [ANY_HOST] and not all(_NAME.fullmatch(host) for host in hosts):
        raise ValueError(
            "it must be names like leads.example.com or *.example.com, without a port and with "
            "commas between them, or * for any"
        )
    return hosts


def host_of(authority: str) -> str | None:
    """Return the host of `host:port`, in lower case; None if there is none."""
    try:
        return urlsplit(f"//{authority}").hostname
    except ValueError:
        return None


def is_of_this_machine(host: str) -> bool:
    """Tell whether a name or address leads to this machine, whatever a name server says."""
    name = host.rstrip(".")
    return name == "localhost" or name.endswith(".localhost") or _is_loopback(host)


@web.middleware
async def refuse_other_hosts(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what is asked under a name that is not served."""
    served = request.app.get(SERVED_HOSTS)
    asked = request.headers.get("Host")  # every browser sends it
    if served is not None and asked is not None and not _is_served(host_of(asked), served):
        raise Problem(
            status=421,
            code="misdirected_request",
            detail="This host is not served here, but localhost, addresses as 127.0.0.1, and the "
            "names in LEADWIRE_ALLOWED_HOSTS are: start with the one that you use in it.",
        )
    return await handler(request)


def _is_served(host: str | None, served: Sequence[str]) -> bool:
    if host is None:
        return False
    return (
        is_of_this_machine(host) or _is_address(host) or any(_fits(host, each) for each in served)
    )


def _fits(host: str, served: str) -> bool:
    name = host.rstrip(".")
    return name == served or (served.startswith("*.") and name.endswith(served[1:]))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return _is_address(host) and ip_address(host).is_loopback
