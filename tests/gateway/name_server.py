"""A name server that knows what a test tells it: which addresses a name has now."""

import asyncio
import socket
import struct
from dataclasses import dataclass, field
from typing import Self

_A, _TTL_SECONDS = 1, 600


@dataclass(slots=True)
class NameServer(asyncio.DatagramProtocol):
    """Answers for every name with the same addresses.

    Attributes:
        addresses: Of IPv4.
        loses: So many of the next questions get lost.
    """

    addresses: list[str] = field(default_factory=list)
    loses: int = 0
    _transport: asyncio.DatagramTransport | None = None

    @property
    def address(self) -> str:
        """Where it listens."""
        assert self._transport is not None
        return "{}:{}".format(*self._transport.get_extra_info("sockname"))

    async def start(self) -> Self:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", 0)
        )
        return self

    def stop(self) -> None:
        """Answer nothing any more."""
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one question, as RFC 1035 has it."""
        if self.loses:
            self.loses -= 1
            return
        end = data.index(b"\0", 12) + 5
        (kind,) = struct.unpack("!H", data[end - 4 : end - 2])
        found = self.addresses if kind == _A else []
        head = data[:2] + struct.pack("!HHHHH", 0x8180, 1, len(found), 0, 0)
        records = [
            struct.pack("!HHHIH", 0xC00C, _A, 1, _TTL_SECONDS, 4) + socket.inet_aton(each)
            for each in found
        ]
        assert self._transport is not None
        self._transport.sendto(head + data[12:end] + b"".join(records), addr)
