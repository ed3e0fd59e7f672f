"""Start, watch and stop the parts of a process.

Every background loop is a small class with `start()` and `stop()`: a `PeriodicTask`, or one
built around a `BackgroundTask`. Every process has one `Supervisor`, which starts its
components in order, ends the process when one of them dies, and stops them in reverse.
"""

from leadwire.lifecycle.garbage import look_for_garbage_seldom
from leadwire.lifecycle.loop_lag import EventLoopLag
from leadwire.lifecycle.open_files import allow_many_open_files
from leadwire.lifecycle.periodic import PeriodicTask
from leadwire.lifecycle.supervisor import (
    STOPS_WITHIN,
    Component,
    ComponentFailedError,
    Supervisor,
)
from leadwire.lifecycle.task import BackgroundTask

__all__ = [
    "STOPS_WITHIN",
    "BackgroundTask",
    "Component",
    "ComponentFailedError",
    "EventLoopLag",
    "PeriodicTask",
    "Supervisor",
    "allow_many_open_files",
    "look_for_garbage_seldom",
]
