"""What a benchmark measured, and how it is shown."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value beside the limit it is held to.

    Attributes:
        name: Stable name of the figure.
        value: What Leadwire did.
        unit: Unit of value and limit, for example `rows/s`.
        limit: What the bare libraries did in the same run; None for information only.
        ratio: value / limit, of times limit / value, so that more is better: the median over
            the rounds' own ratios.
        target: The ratio to reach.
        met: Whether it was reached; None without a target.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    ratio: float | None = None
    target: float | None = None
    met: bool | None = None


def against_limit(
    name: str, *, values: Sequence[float], limits: Sequence[float], unit: str, target: float
) -> Figure:
    """Return the figure of rounds in which value and limit were measured in turn.

    The ratio is taken round by round and its median reported: a machine that slows
    down for a while then slows both sides of a ratio.
    """
    ratio = statistics.median(value / limit for value, limit in zip(values, limits, strict=True))
    return _with_ratio(name, ratio, values=values, limits=limits, unit=unit, target=target)


def time_against_limit(
    name: str, *, values: Sequence[float], limits: Sequence[float], unit: str, target: float
) -> Figure:
    """Return the figure of times, which are the better the shorter they are."""
    ratio = statistics.median(limit / value for value, limit in zip(values, limits, strict=True))
    return _with_ratio(name, ratio, values=values, limits=limits, unit=unit, target=target)


def _with_ratio(
    name: str,
    ratio: float,
    *,
    values: Sequence[float],
    limits: Sequence[float],
    unit: str,
    target: float,
) -> Figure:
    return Figure(
        name=name,
        value=statistics.median(values),
        unit=unit,
        limit=statistics.median(limits),
        ratio=ratio,
        target=target,
        met=ratio >= target,
    )


def as_table(figures: Sequence[Figure]) -> str:
    """Return the figures as a table for a terminal."""
    rows = [("name", "value", "unit", "limit", "ratio", "target", "met")]
    rows += [
        (
            figure.name,
            _readable(figure.value),
            figure.unit,
            "-" if figure.limit is None else _readable(figure.limit),
            "-" if figure.ratio is None else f"{figure.ratio:.2f}",
            "-" if figure.target is None else f">= {figure.target:g}",
            {True: "yes", False: "no", None: "-"}[figure.met],
        )
        for figure in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _readable(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:,.3g}"


def write_json(figures: Sequence[Figure], path: Path) -> None:
    """Write the figures as a JSON list."""
    path.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")
