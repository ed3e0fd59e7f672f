"""What the fake tells of events and deliveries: it keeps none."""

from collections.abc import Sequence
from typing import Final

from leadwire_client.testing.refusal import not_found
from leadwire_client.testing.routes.paging import Reply, Route, page
from leadwire_client.testing.rules import now
from leadwire_client.testing.seen import Seen


def _unknown(*_: object) -> Reply:
    raise not_found("delivery")


def _none_came(_: object, asked: Seen) -> Reply:
    minutes = int(asked.query.get("minutes", 15))
    return 200, {"at": now(), "per_minute": [0] * minutes}


ROUTES: Final[Sequence[Route]] = (
    ("GET", "/v1/journal", lambda _, asked: page([], asked.query)),
    ("GET", "/v1/journal/count", _none_came),
    ("GET", "/v1/deliveries", lambda _, asked: page([], asked.query)),
    ("POST", r"/v1/deliveries/([^/]+)/(?:retry|discard)", _unknown),
)
