"""Choose the media type of an answer by the client's `Accept`, as RFC 9110, 12.5.1 has it.

The most specific range that covers a media type gives its weight, and weight 0 excludes it.
Parameters of a range other than the weight are not looked at: nothing is offered in two
variants that differ in one. A range with a weight that is none counts as not sent.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from leadwire.http.operations import ErrorResponse
from leadwire.http.problems import Problem

NOT_ACCEPTABLE: Final = ErrorResponse(
    406, "not_acceptable", "`Accept` allows none of the media types that there are."
)
"""What an operation that negotiates names in its `errors`."""

_WEIGHT: Final = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
_QUOTED: Final = re.compile(r'"[^"]*"')


class AcceptHeader(BaseModel):
    """Headers of an operation that negotiates."""

    model_config = ConfigDict(frozen=True)

    accept: str = Field(default="", alias="Accept")


def negotiate(accept: str, offered: Sequence[str]) -> str:
    """Choose the media type that the client likes best.

    Of those with equal weights one that is covered by a more specific range wins, and then
    the one that is offered first.

    Args:
        accept: The header's value; empty if there is none, which accepts anything.
        offered: The media types that there are, in lower case.

    Raises:
        Problem: 406 `not_acceptable`: none of them is accepted.
    """
    elements = list(_elements(accept))
    if not elements:
        return offered[0]
    weights = _weights(elements)
    best = max(offered, key=lambda media_type: _preference(media_type, weights))
    if _preference(best, weights)[0] == 0:
        raise _not_acceptable(offered)
    return best


def accepts_coding(accept_encoding: str, coding: str) -> bool:
    """Tell whether a client that sent this `Accept-Encoding` takes a content coding."""
    weights = _weights(list(_elements(accept_encoding)))
    return weights.get(coding, weights.get("*", 0.0)) > 0


def _elements(accept: str) -> Iterator[str]:
    # Quoted values may hold separators, and belong to parameters that are not looked at.
    for element in _QUOTED.sub("", accept).split(","):
        if element.strip():
            yield element


def _weights(elements: Sequence[str]) -> Mapping[str, float]:
    """Give the weight of each range; the highest of one that is named more than once."""
    weights: dict[str, float] = {}
    for element in elements:
        media_range, *parameters = (part.strip().lower() for part in element.split(";"))
        weight = _weight(parameters)
        if weight is not None:
            weights[media_range] = max(weight, weights.get(media_range, 0.0))
    return weights


def _weight(parameters: Sequence[str]) -> float | None:
    """Give the weight among a range's parameters; 1 without one, None if it is none."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            return float(value) if _WEIGHT.fullmatch(value) else None
    return 1.0


def _preference(media_type: str, weights: Mapping[str, float]) -> tuple[float, int]:
    """Give the weight of a media type, and how specific the range is that says it."""
    ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
    for specificity, media_range in zip((2, 1, 0), ranges, strict=True):
        if media_range in weights:
            return weights[media_range], specificity
    return 0.0, 0


def _not_acceptable(offered: Sequence[str]) -> Problem:
    return Problem(
        status=NOT_ACCEPTABLE.status,
        code=NOT_ACCEPTABLE.code,
        detail=f"This can be had as {' or '.join(offered)}: name one in Accept.",
    )
