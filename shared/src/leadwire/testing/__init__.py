"""What tests stand on: real servers, databases of their own, polled assertions, bad networks.

`leadwire.testing.plugin` gives all of it to pytest as fixtures. The demo and the
benchmarks use the servers too, so only the modules with fixtures and with the broker
contract import pytest.
"""

from leadwire.testing.eventually import eventually
from leadwire.testing.proxy import TcpProxy

__all__ = ["TcpProxy", "eventually"]
