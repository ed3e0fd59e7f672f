"""Queries that several panels ask."""

from typing import Final

from leadwire_standalone.dashboard.grafana import Query

REQUESTS: Final = (
    'sum by (service) (rate(leadwire_http_requests_total{service=~"$service"}[$__rate_interval]))'
)
ERRORS: Final = (
    '(sum by (service) (rate(leadwire_http_requests_total{service=~"$service", status=~"5..", '
    f'route!="/readyz"}}[$__rate_interval])) or 0 * {REQUESTS})'
)
"""Answers of 5xx in a second, but those of a process that says that it is not ready. Without any
there would be no series, and no graph."""


def quantiles(histogram: str) -> list[Query]:
    """Ask for the median and the tail of a histogram, over all replicas."""
    rates = f"sum by (le) (rate({histogram}_bucket[$__rate_interval]))"
    return [
        Query(f"histogram_quantile({quantile}, {rates})", f"p{quantile * 100:.0f}")
        for quantile in (0.5, 0.95, 0.99)
    ]


def quantile_by(labels: str, quantile: float, buckets: str) -> str:
    """Return the expression of one quantile for each value of the labels."""
    rates = f"sum by (le, {labels}) (rate({buckets}[$__rate_interval]))"
    return f"histogram_quantile({quantile}, {rates})"
