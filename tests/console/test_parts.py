"""What of the console needs no browser does as its own tests say."""

import asyncio

from console.node import NODE, TESTS

WITHIN = 60.0


async def test_parts_of_the_console() -> None:
    paths = sorted(TESTS.glob("*.test.ts"))
    assert len(paths) > 1
    process = await asyncio.create_subprocess_exec(
        *(str(NODE), "--no-warnings", "--test", "--test-reporter=spec", *map(str, paths)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(WITHIN):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, said.decode()
