"""Queries that several panels ask."""

from typing import Final

from leadwire_standalone.dashboard.grafana import Query

_OF_USERS: Final = 'service=~"$service", route!~"/healthz|/readyz|/metrics"'
"""Without what asks whether a process lives, which is most where users ask little."""

REQUESTS: Final = (
    f"sum by (service) (rate(leadwire_http_requests_total{{{_OF_USERS}}}[$__rate_interval]))"
)
_ERRORS: Final = (
    f'sum by (service) (rate(leadwire_http_requests_total{{{_OF_USERS}, status=~"5.."}}'
    f"[$__rate_interval]))"
)
ERROR_SHARE: Final = f"({_ERRORS} or 0 * {REQUESTS}) / ({REQUESTS} > 0)"
"""Answers of 5xx among all. Without any there would be no series, and no graph."""


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
