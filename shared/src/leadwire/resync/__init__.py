"""Say a service's whole side of things again, for consumers that were rebuilt or restored.

A service lists its `Part`s; `Resync` has them said into the outbox, in batches, at a pace that
leaves room for live events, and goes on where it was when it was stopped. `resync_command` in
`leadwire.service` makes it a command. After a restore, `lift_revs` comes first: else subscribers
drop what is said as older than what they know.
"""

from leadwire.resync.lifting import lift_revs, rev_above_all_told
from leadwire.resync.parts import Part
from leadwire.resync.progress import RESYNC_MIGRATIONS
from leadwire.resync.resync import BacklogError, Pace, Resync

__all__ = [
    "RESYNC_MIGRATIONS",
    "BacklogError",
    "Pace",
    "Part",
    "Resync",
    "lift_revs",
    "rev_above_all_told",
]
