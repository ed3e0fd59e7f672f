"""What the fake tells of events and deliveries: it keeps none."""

from collections.abc import Sequence
from typing import Final

from leadwire_client.testing.routes.paging import Route, page

ROUTES: Final[Sequence[Route]] = (
    ("GET", "/v1/journal", lambda _, asked: page([], asked.query)),
    ("GET", "/v1/deliveries", lambda _, asked: page([], asked.query)),
)
