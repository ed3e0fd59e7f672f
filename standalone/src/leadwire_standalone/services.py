"""The services that a standalone process is made of."""

from typing import Any

from import_svc.app import SERVICE as IMPORT_SERVICE
from leadwire.service import ServiceDescription
from manager_svc.app import SERVICE as MANAGER_SERVICE
from notifier_svc.app import SERVICE as NOTIFIER_SERVICE
from stream_svc.app import SERVICE as STREAM_SERVICE

# Each description is typed by its own settings; together they are of no one type.
SERVICES: tuple[ServiceDescription[Any], ...] = (
    IMPORT_SERVICE,
    MANAGER_SERVICE,
    NOTIFIER_SERVICE,
    STREAM_SERVICE,
)
