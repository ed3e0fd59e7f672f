"""Count requests, and print every metric of the process for Prometheus."""

from collections.abc import Iterable, Iterator

from aiohttp import web
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class HttpMetrics:
    """Requests by route template: paths hold ids and would grow without bound.

    Args:
        registry: Where the metrics are registered.
    """

    def __init__(self, *, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "leadwire_http_requests_total",
            "HTTP requests answered (499: the client left first).",
            ("method", "route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "leadwire_http_request_duration_seconds",
            "Time from a request to the end of its answer; streams are left out.",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=registry,
        )
        self._in_flight = Gauge(
            "leadwire_http_requests_in_flight", "HTTP requests being handled.", registry=registry
        )

    def began(self) -> None:
        """Count a request that is being handled."""
        self._in_flight.inc()

    def ended(
        self, *, method: str, route: str, status: int, seconds: float, streamed: bool
    ) -> None:
        """Count a request that was answered."""
        self._in_flight.dec()
        known_method = method if method in _METHODS else "OTHER"
        self._requests.labels(known_method, route, str(status)).inc()
        if not streamed:
            self._seconds.labels(known_method, route).observe(seconds)


HTTP_METRICS = web.AppKey("http_metrics", HttpMetrics)
REGISTRIES = web.AppKey("registries", dict[str, CollectorRegistry])
"""The process's own registry, under the application's title."""

SERVICE_REGISTRIES = web.AppKey("service_registries", dict[str, CollectorRegistry])
"""What services added. A service alone in its process has the application's title too."""


def new_process_registry(*, version: str) -> CollectorRegistry:
    """A registry with what is known of the process itself: version, memory, CPU, garbage."""
    registry = CollectorRegistry()
    Info("leadwire_build", "The version that runs.", registry=registry).info({"version": version})
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def add_registry(app: web.Application, service: str, registry: CollectorRegistry) -> None:
    """Print a registry under `/metrics`, each sample with the label `service`.

    Raises:
        ValueError: The service has a registry already.
    """
    if service in app[SERVICE_REGISTRIES]:
        raise ValueError(f"{service} has a registry already")
    app[SERVICE_REGISTRIES][service] = registry


class MergedRegistries(Collector):
    """Several services' registries as one, told apart by the label `service`.

    Prometheus wants one block per metric name, so equal names are put together.
    """

    def __init__(self, registries: Iterable[tuple[str, CollectorRegistry]]) -> None:
        self._registries = registries

    def collect(self) -> Iterator[Metric]:
        """Yield every metric once, with the samples of all services."""
        merged: dict[str, Metric] = {}
        for service, registry in self._registries:
            for metric in registry.collect():
                target = merged.get(metric.name)
                if target is None:
                    target = Metric(metric.name, metric.documentation, metric.type, metric.unit)
                    merged[metric.name] = target
                target.samples.extend(
                    sample._replace(labels={"service": service, **sample.labels})
                    for sample in metric.samples
                )
        yield from merged.values()


async def show_metrics(request: web.Request) -> web.Response:
    """Print all metrics in Prometheus' text format."""
    registries = [*request.app[REGISTRIES].items(), *request.app[SERVICE_REGISTRIES].items()]
    body = generate_latest(MergedRegistries(registries))
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})
