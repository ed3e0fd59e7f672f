"""The queries of this service, loaded once."""

from typing import Final

from leadwire.db import Queries

QUERIES: Final = Queries("notifier_svc.storage")
