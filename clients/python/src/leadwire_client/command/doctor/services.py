"""Does each service answer, and what does it say of itself?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from leadwire_client._core.decoding import read_as
from leadwire_client._core.wire import Query
from leadwire_client.command.doctor.findings import Finding, error, note, ok, warning
from leadwire_client.command.doctor.probe import Heard, Probe
from leadwire_client.errors import ProtocolError, TransportError
from leadwire_client.ops import ServiceStatus

SLOW: Final = 2.0
"""Seconds that reading one small thing must not take."""

LAG_TOLERATED: Final = 60.0
"""Seconds that an event may wait to be published; behind a large import it is some."""

WAITING_TOLERATED: Final = 10_000
"""Events that may wait for a consumer, likewise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service, and something small that it answers.

    Attributes:
        about: What its answers are about.
    """

    name: str
    path: str
    about: str
    query: Query = (("limit", "1"),)


SERVICES: Final = (
    Service(name="import-svc", path="/v1/imports", about="imports"),
    Service(name="manager-svc", path="/v1/managers", about="lead managers"),
    Service(name="notifier-svc", path="/v1/journal", about="the journal"),
    Service(name="stream-svc", path="/v1/leads", about="leads"),
)


def look_at_services(probe: Probe) -> Iterator[Finding]:
    """Tell whether each service answers, how it stands, and whether they belong together."""
    versions: dict[str, str] = {}
    for service in SERVICES:
        yield from _look_at(probe, service, versions)
    if len(set(versions.values())) > 1:
        told = ", ".join(f"{name} {version}" for name, version in versions.items())
        yield warning(
            "versions",
            f"the services are of different versions: {told}",
            "bring the update to its end: they work together only while it lasts",
        )


def _look_at(probe: Probe, service: Service, versions: dict[str, str]) -> Iterator[Finding]:
    try:
        heard = probe.get(service.path, service.query)
    except TransportError as gone:
        todo = "look whether it runs, and at its log"
        yield error(service.name, f"no answer from {service.path}: {gone}", todo)
        return
    yield _answered(service, heard)
    if heard.answer.status not in {502, 503, 504}:
        yield from _status(probe, service, versions)


def _answered(service: Service, heard: Heard) -> Finding:
    if not heard.good:
        return _refused(service, heard)
    if heard.took > SLOW:
        return warning(
            service.name,
            f"it took {heard.took:.1f} s to read one of {service.about}",
            "look at the load of the service and of its database",
        )
    return ok(service.name, f"it answers within {heard.milliseconds}")


def _refused(service: Service, heard: Heard) -> Finding:
    problem, said = heard.problem, f"{heard.problem.status} {heard.problem.code}"
    match problem.status:
        case 401 | 403:
            return error(
                service.name,
                f"these credentials may not read {service.about}: {said}: {problem.detail}",
                "have their role allow it, or use others",
            )
        case 404:
            return error(
                service.name,
                f"{service.path} leads nowhere: {said}",
                f"let the gateway send {service.path} to {service.name}",
            )
        case 502 | 503 | 504:
            return error(
                service.name,
                f"it cannot answer now: {said}: {problem.detail}",
                f"look whether {service.name} runs, at its /readyz and its log: it needs its "
                "database and the broker",
            )
        case 429:
            return warning(service.name, f"too many requests: {said}", "ask again later")
    return error(
        service.name, f"{said}: {problem.detail}", f"look for {problem.request_id} in its log"
    )


def _status(probe: Probe, service: Service, versions: dict[str, str]) -> Iterator[Finding]:
    check = f"{service.name} events"
    try:
        heard = probe.get(f"/v1/ops/{service.name}/status")
        if not heard.good:
            yield _status_refused(check, heard)
            return
        status = read_as(ServiceStatus, heard.answer)
    except (TransportError, ProtocolError) as gone:
        yield warning(check, f"how it stands cannot be read: {gone}", "look at its log")
        return
    if status.version:
        versions[service.name] = status.version
    findings = [*_outbox(check, service, status), *_subscriptions(check, service, status)]
    version = f"version {status.version}" if status.version else "its version is not told"
    yield from findings or [
        ok(check, f"{status.outbox.pending} wait to be published, nothing is parked; {version}")
    ]


def _status_refused(check: str, heard: Heard) -> Finding:
    if heard.answer.status in {401, 403}:
        return note(check, "how it stands is not shown to these credentials")
    if heard.answer.status == 404:
        return note(check, "how it stands is not shown by this server")
    said = f"{heard.problem.status} {heard.problem.code}"
    return warning(check, f"how it stands cannot be read: {said}", "look at its log")


def _outbox(check: str, service: Service, status: ServiceStatus) -> Iterator[Finding]:
    if status.missing is None:
        yield error(
            check,
            "the broker does not answer to it",
            "look whether the broker runs, and whether the service may connect to it",
        )
    elif status.missing:
        yield error(
            check,
            f"the broker lacks {', '.join(status.missing[:5])}",
            f"run `{service.name} topology`",
        )
    if status.outbox.oldest_pending_seconds > LAG_TOLERATED:
        yield error(
            check,
            f"{status.outbox.pending} events wait to be published, the oldest for "
            f"{status.outbox.oldest_pending_seconds:.0f} s",
            "look whether the broker takes events, and at the relay in the service's log",
        )
    if status.outbox.parked:
        yield _parked(check, service, f"the broker did not take {status.outbox.parked} events")


def _subscriptions(check: str, service: Service, status: ServiceStatus) -> Iterator[Finding]:
    for each in status.subscriptions:
        if each.parked:
            yield _parked(check, service, f"{each.parked} events for {each.name} are parked")
        if (each.waiting or 0) > WAITING_TOLERATED:
            yield warning(
                check,
                f"{each.waiting} events wait for {each.name}",
                "wait, and look whether they become fewer; if not, at the service's log",
            )


def _parked(check: str, service: Service, told: str) -> Finding:
    todo = f"`leadwire parked list {service.name}` shows why; then requeue or discard them"
    return error(check, told, todo)
