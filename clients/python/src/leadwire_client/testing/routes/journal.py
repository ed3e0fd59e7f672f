"""What the fake tells of events and deliveries: it keeps none."""

from collections.abc import Sequence
from typing import Final

from leadwire_client.testing.refusal import not_found
from leadwire_client.testing.routes.paging import Reply, Route, page


def _unknown(*_: object) -> Reply:
    raise not_found("delivery")


ROUTES: Final[Sequence[Route]] = (
    ("GET", "/v1/journal", lambda _, asked: page([], asked.query)),
    ("GET", "/v1/deliveries", lambda _, asked: page([], asked.query)),
    ("POST", r"/v1/deliveries/([^/]+)/(?:retry|discard)", _unknown),
)
