"""Is there a Leadwire, does it know who asks, and do the clocks agree?"""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from leadwire_client.command.doctor.findings import Finding, error, ok, warning
from leadwire_client.command.doctor.probe import Heard, Probe
from leadwire_client.errors import TransportError

CLOCK_MAY_DIFFER: Final = 5.0
"""Seconds: tokens, filters by time and histories bear that much."""

_AWAY: Final = frozenset({502, 503, 504})
_TODO_BY_ERROR: Final = (
    (("name or service", "nodename", "name resolution", "getaddrinfo"), "check the host's name"),
    (("refused",), "start the server or its gateway, or check the port"),
    (("certificate", "ssl"), "have this machine trust the certificate, or mend it"),
)
_TODO: Final = "check the address, and what is between: network, firewall, proxy"


def unreachable(probe: Probe, gone: TransportError) -> Finding:
    """Tell that nobody answers, and why that may be."""
    why = str(gone.__cause__ or gone)
    told = why.lower()
    todo = next(
        (todo for words, todo in _TODO_BY_ERROR if any(word in told for word in words)), _TODO
    )
    return error("address", f"nothing answers at {probe.url}: {why}", todo)


def first_answer(probe: Probe, heard: Heard) -> Iterator[Finding]:
    """Tell what the first answer says of the server, of who asks, and of the clock."""
    yield _who_answers(probe, heard)
    if heard.answer.status == 401:
        yield _not_known(probe, heard)
    if probe.credentials is not None and not _is_private(probe.url):
        yield warning(
            "credentials", "credentials go over the network as they are", "use an https:// address"
        )
    yield from _clock(heard)


def goes_on(heard: Heard) -> bool:
    """Tell whether there is more to look at after such an answer."""
    return (heard.ours or heard.answer.status in _AWAY) and heard.answer.status != 401


def _who_answers(probe: Probe, heard: Heard) -> Finding:
    status = heard.answer.status
    if 300 <= status < 400:
        elsewhere = heard.answer.headers.get("location", "elsewhere")
        return error("address", f"{probe.url} sends on to {elsewhere}", "use that address")
    if heard.ours or status in _AWAY:
        return ok("address", f"{probe.url} answers within {heard.milliseconds}")
    by = heard.answer.headers.get("server", "a server")
    return error(
        "address",
        f"{probe.url} answers, but not as Leadwire does: {status} {heard.kind} by {by}",
        "check the address, and that the gateway sends /v1 to the services",
    )


def _not_known(probe: Probe, heard: Heard) -> Finding:
    if probe.credentials is None:
        return error(
            "credentials",
            "the server wants to know who asks, and no credentials are given",
            "set LEADWIRE_USER and LEADWIRE_PASSWORD, LEADWIRE_TOKEN or LEADWIRE_API_KEY",
        )
    kind = type(probe.credentials).__name__
    return error(
        "credentials",
        f"the credentials ({kind}) are refused: {heard.problem.code}: {heard.problem.detail}",
        "check them, and that a token has not expired",
    )


def _clock(heard: Heard) -> Iterator[Finding]:
    try:
        theirs = parsedate_to_datetime(heard.answer.headers.get("date", "")).timestamp()
    except ValueError:
        return
    # The header has whole seconds, cut off: on average half a one is missing.
    ahead = theirs + 0.5 - heard.at
    if abs(ahead) <= CLOCK_MAY_DIFFER + heard.took / 2:
        yield ok("clock", "the clocks of server and client agree")
        return
    which = "ahead of" if ahead > 0 else "behind"
    yield warning(
        "clock",
        f"the server's clock is {abs(ahead):.0f} s {which} this machine's",
        "let both follow a time server: tokens and filters by time go wrong",
    )


def _is_private(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return True
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
