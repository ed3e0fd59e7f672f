"""The command behind `make bench`."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from bench.create_leads import measure_creating
from bench.delivery_latency import measure_delivery
from bench.figures import Figure, as_table, write_json
from bench.import_leads import measure_import
from bench.mark_leads import measure_marking
from bench.match_leads import measure_matching
from bench.projection import measure_projection
from bench.relay import measure_relay
from bench.servers import Servers, running_servers
from bench.slow_readers import measure_slow_readers
from bench.stream_followers import measure_followers
from bench.stream_snapshot import measure_snapshot
from bench.webhooks import measure_webhooks
from leadwire.observability import configure_logging

BENCHMARKS: dict[str, Callable[[Servers], Awaitable[Sequence[Figure]]]] = {
    "relay": measure_relay,
    "import": measure_import,
    "create": measure_creating,
    "marking": measure_marking,
    "matching": measure_matching,
    "delivery-latency": measure_delivery,
    "projection": measure_projection,
    "stream-snapshot": measure_snapshot,
    "stream-followers": measure_followers,
    "stream-slow-readers": measure_slow_readers,
    "webhooks": measure_webhooks,
}


async def measure(names: Sequence[str], servers: Servers) -> list[Figure]:
    """Run the named benchmarks, one after another."""
    figures: list[Figure] = []
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        figures += await BENCHMARKS[name](servers)
    return figures


async def run(names: Sequence[str]) -> list[Figure]:
    """Run the named benchmarks on private servers."""
    async with running_servers() as servers:
        return await measure(names, servers)


def main() -> int:
    """Run the benchmarks asked for; figures are information, so the exit code is 0."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", choices=sorted(BENCHMARKS), help="run one benchmark")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    configure_logging(level="error", format="text", service="bench")
    figures = asyncio.run(run([given.only] if given.only else list(BENCHMARKS)))
    print(as_table(figures))
    if given.json:
        write_json(figures, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
