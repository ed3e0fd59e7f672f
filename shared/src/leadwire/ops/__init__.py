"""What an operator asks of a service and does with it: parked events, and how it stands.

The same paths under `/v1/ops/{service}` in every service; `operations` lists them.
"""

from leadwire.ops.gauges import ParkedGauges
from leadwire.ops.handlers import OpsHandlers
from leadwire.ops.operations import REFUSALS, operations
from leadwire.ops.parked import ParkedDesk
from leadwire.ops.status import StatusDesk

__all__ = ["REFUSALS", "OpsHandlers", "ParkedDesk", "ParkedGauges", "StatusDesk", "operations"]
