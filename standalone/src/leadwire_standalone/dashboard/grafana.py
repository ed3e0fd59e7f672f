"""What a Grafana dashboard is made of, as JSON that Grafana 10 and newer read.

Only what the dashboard of Leadwire needs: rows of graphs and numbers over one Prometheus.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

Json = dict[str, Any]

_GRID: Final = 24
_ROW_HEIGHT: Final = 1
_HEIGHTS: Final = {"stat": 4, "timeseries": 8}
_SCHEMA: Final = 39
_SOURCE: Final[Json] = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of Prometheus.

    Attributes:
        expression: In PromQL, with `$service` and `$__rate_interval`.
        legend: Name of each series, in Grafana's form: `{{service}}`.
    """

    expression: str
    legend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A graph, or a number of now.

    Attributes:
        title: What is seen.
        meaning: What it tells whoever does not know the metric.
        queries: Whose answers are shown.
        unit: Grafana's name of it: `s`, `bytes`, `reqps`, `percentunit`, `short`.
        kind: How they are shown.
        alarming: From where a number is shown in red; None for nowhere.
        width: Of 24.
    """

    title: str
    meaning: str
    queries: Sequence[Query]
    unit: str = "short"
    kind: Literal["stat", "timeseries"] = "timeseries"
    alarming: float | None = None
    width: int = 8


@dataclass(frozen=True, slots=True)
class Row:
    """Panels that belong together.

    Attributes:
        title: What they are about.
        panels: From left to right, and line by line.
    """

    title: str
    panels: Sequence[Panel]


def dashboard(*, uid: str, title: str, description: str, rows: Sequence[Row]) -> Json:
    """Return a dashboard that lets its viewer choose the data source and the services."""
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["leadwire"],
        "schemaVersion": _SCHEMA,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [_source_variable(), _service_variable()]},
        "annotations": {"list": []},
        "links": [],
        "panels": list(_laid_out(rows)),
    }


def _laid_out(rows: Sequence[Row]) -> Iterator[Json]:
    number, top = 1, 0
    for row in rows:
        yield {
            "id": number,
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "gridPos": {"x": 0, "y": top, "w": _GRID, "h": _ROW_HEIGHT},
            "panels": [],
        }
        number, top, left, height = number + 1, top + _ROW_HEIGHT, 0, 0
        for panel in row.panels:
            if left + panel.width > _GRID:
                left, top, height = 0, top + height, 0
            place = {"x": left, "y": top, "w": panel.width, "h": _HEIGHTS[panel.kind]}
            yield {"id": number, "gridPos": place, **_panel(panel)}
            number, left = number + 1, left + panel.width
            height = max(height, _HEIGHTS[panel.kind])
        top += height


def _panel(panel: Panel) -> Json:
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.meaning,
        "datasource": _SOURCE,
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _STAT_OPTIONS if panel.kind == "stat" else _GRAPH_OPTIONS,
        "targets": [
            {
                "refId": chr(ord("A") + position),
                "datasource": _SOURCE,
                "expr": query.expression,
                "legendFormat": query.legend,
            }
            for position, query in enumerate(panel.queries)
        ],
    }


def _defaults(panel: Panel) -> Json:
    steps: list[Json] = [{"color": "green", "value": None}]
    if panel.alarming is not None:
        steps.append({"color": "red", "value": panel.alarming})
    return {
        "unit": panel.unit,
        "min": 0,
        "color": {"mode": "thresholds" if panel.kind == "stat" else "palette-classic"},
        "thresholds": {"mode": "absolute", "steps": steps},
        "custom": {} if panel.kind == "stat" else {"fillOpacity": 8, "showPoints": "never"},
    }


def _source_variable() -> Json:
    return {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "current": {},
        "hide": 0,
    }


def _service_variable() -> Json:
    query = "label_values(leadwire_build_info, service)"
    return {
        "name": "service",
        "label": "Service",
        "type": "query",
        "datasource": _SOURCE,
        "query": {"query": query, "refId": "services"},
        "definition": query,
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
        "hide": 0,
        "sort": 1,
    }


_STAT_OPTIONS: Final[Json] = {
    "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    "colorMode": "value",
    "graphMode": "area",
    "textMode": "auto",
}
_GRAPH_OPTIONS: Final[Json] = {
    "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
    "tooltip": {"mode": "multi", "sort": "desc"},
}
