"""A broker inside the process, for unit tests: `memory://name`.

Clients with the same name share one `MemoryHub`, which is what the server is to other
transports. Messages are gone with the process.
"""

from leadwire.broker.memory._broker import MemoryBroker
from leadwire.broker.memory._hub import MemoryHub

__all__ = ["MemoryBroker", "MemoryHub"]
