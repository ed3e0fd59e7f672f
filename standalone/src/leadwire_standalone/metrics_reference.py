"""Write `docs/reference/metrics.md`, or check that it is current.

It is made of the services' registries, and of what the gateway's configuration prints.

python -m leadwire_standalone.metrics_reference [--check]
"""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

from leadwire.contracts.generated import write_or_check
from leadwire.http.metrics import REGISTRIES, SERVICE_REGISTRIES
from leadwire_standalone.services import SERVICES
from leadwire_standalone.wired import wired

PAGE: Final = Path("docs/reference/metrics.md")

_INTRODUCTION: Final = """\
# Metrics

What `GET /metrics` of each service, and of the [gateway](../operations/gateway.md#metrics) at a
port of its own, prints for Prometheus. Every sample also has the label `service`, the name of the
service; in `make run`, where all services are one process, what is counted for the process has
`service="leadwire"`. A histogram `x` has the samples `x_bucket` (with the label `le`), `x_sum`
and `x_count`; all times are seconds. No label has a value that a client chooses: `route` is the
template of a path, and `unmatched` where there is none.

Left out are Python's own metrics (`python_...`), and `..._created` of counters and histograms: the
time from which they count. This page is generated from the registries and the gateway's template
(`python -m leadwire_standalone.metrics_reference`).
"""

_EVERY_PROCESS: Final = "Every process"
_GATEWAY: Final = "gateway"
_TEMPLATE: Final = Path("deploy/gateway/nginx.conf.template")


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class DescribedMetric:
    """One metric, as those who ask for it know it.

    Attributes:
        name: As it is printed; without what a histogram's samples append.
        kind: counter, gauge, histogram or info.
        labels: Beside `service`.
        meaning: What it counts or measures.
    """

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str

    @property
    def samples(self) -> frozenset[str]:
        """Names of its time series."""
        if self.kind != "histogram":
            return frozenset({self.name})
        return frozenset(f"{self.name}_{part}" for part in ("bucket", "sum", "count"))


def metrics_by_owner() -> dict[str, list[DescribedMetric]]:
    """Return what is exported, by who exports it: "Every process", each service, the gateway."""
    found: dict[str, list[DescribedMetric]] = {}
    for name, app in wired():
        found[_EVERY_PROCESS] = sorted(described(app[REGISTRIES][name]))
        found[name] = sorted(described(app[SERVICE_REGISTRIES][name]))
    found[_GATEWAY] = sorted(printed_by_the_gateway())
    return found


def printed_by_the_gateway() -> Iterator[DescribedMetric]:
    """Yield the metrics of nginx, which stand in its configuration as they are printed."""
    template = (Path(__file__).parents[3] / _TEMPLATE).read_text(encoding="utf-8")
    for name, meaning, kind in re.findall(
        r"# HELP (\w+) (.+)\n# TYPE \1 (\w+)$", template, re.MULTILINE
    ):
        yield DescribedMetric(name=name, kind=kind, labels=(), meaning=meaning)


def described(registry: CollectorRegistry) -> Iterator[DescribedMetric]:
    """Yield the metrics of a registry, also those that have no sample yet."""
    collectors = registry._names_to_collectors  # noqa: SLF001  nothing else knows their labels then
    for family in registry.collect():
        if family.name.startswith("python_"):
            continue
        labels = getattr(collectors.get(family.name), "_labelnames", ())
        yield DescribedMetric(
            name=family.name + _SUFFIXES.get(family.type, ""),
            kind="gauge" if family.type == "info" else family.type,
            labels=labels or tuple(_labels_seen(family)),
            meaning=family.documentation,
        )


def _labels_seen(family: Metric) -> list[str]:
    seen = {label for sample in family.samples for label in sample.labels}
    return sorted(seen - {"le"})


_SUFFIXES: Final = {"counter": "_total", "info": "_info"}


def as_markdown() -> str:
    """Return the page: what several owners export alike stands once, under all their names."""
    owners: dict[DescribedMetric, list[str]] = {}
    for owner, metrics in metrics_by_owner().items():
        for metric in metrics:
            owners.setdefault(metric, []).append(owner)
    sections: dict[str, list[DescribedMetric]] = {_EVERY_PROCESS: []}
    for metric, names in sorted(owners.items(), key=lambda each: (-len(each[1]), each[1])):
        heading = "Every service" if len(names) == len(SERVICES) else ", ".join(names)
        sections.setdefault(heading, []).append(metric)
    parts = [_INTRODUCTION]
    for heading, metrics in sections.items():
        parts += [f"## {heading}\n", *_table(metrics), ""]
    return "\n".join(parts)


def _table(metrics: Iterable[DescribedMetric]) -> Iterator[str]:
    yield "| Metric | Type | Labels | Meaning |"
    yield "|---|---|---|---|"
    for each in sorted(metrics):
        labels = ", ".join(f"`{label}`" for label in each.labels)
        yield f"| `{each.name}` | {each.kind} | {labels} | {each.meaning} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or with `--check` return 1 if it is not current."""
    return write_or_check(arguments, description=__doc__, files=lambda: {PAGE: as_markdown()})


if __name__ == "__main__":
    sys.exit(main())
