"""Input as bad as it gets, sent to a service of its own: it answers, and stays small.

Each case is a clear problem and nothing stored, or a receipt in which the bad row failed and
the good ones after it are there. What the process needs at most is looked at after each.
"""

import asyncio
import contextlib
import gzip
import io
import itertools
import random
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
import pytest_asyncio

from import_svc.app import SERVICE
from leadwire.db import Database
from leadwire.db.embedded import free_port
from leadwire.testing.postgres_databases import DatabaseTemplates
from leadwire.testing.process import ServiceProcess

CSV, JSON, NDJSON = "text/csv", "application/json", "application/x-ndjson"
MIB = 1024**2
PEAK_MIB = 300
"""Most that the process and its children may ever need; as much as for good input."""
GROWTH_MIB = 24
"""Most that the worst input may add to the peak when it is sent again: each thread that decodes
keeps what it needed once, and not every one has met it the first few times."""

UNREAD_MIB = 160
"""Most that answers may take that nobody reads."""

FIELDS = ("name", "family_name", "email", "cellphone")
HEADER = b"name,family_name,email,cellphone,note\n"
GOOD = b"Ada,Lovelace,%s@x.com,%s,\n"
GOOD_JSON = b'{"name":"Ada","family_name":"Lovelace","email":"%s@x.com","cellphone":"%s"}'
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Case:
    """A bad body, and what becomes of it.

    Attributes:
        name: What is bad.
        media_type: Its content type.
        body: Makes the body from a good row, as it is written in that format.
        problem: Code of the problem, if nothing of it is to be stored.
        rows: How many rows are to be received and imported.
        codes: What the rows that failed have, one by one or all alike.
        error: Code of what ends the import early, if that is to happen.
        in_gzip: Whether it says to be packed.
    """

    name: str
    media_type: str
    body: Callable[[bytes], bytes]
    problem: str | None = None
    rows: tuple[int, int] = (0, 0)
    codes: tuple[tuple[str, ...], ...] = ()
    error: str | None = None
    in_gzip: bool = False


def table(*lines: bytes, header: bytes = HEADER) -> Callable[[bytes], bytes]:
    """Bad lines of CSV between two good ones; the second is no other person, so it fails."""
    return lambda good: header + b"".join(line + b"\n" for line in lines) + good


def array(*elements: bytes) -> Callable[[bytes], bytes]:
    return lambda good: b"[" + b",".join([*elements, good]) + b"]"


def lines(*elements: bytes) -> Callable[[bytes], bytes]:
    return lambda good: b"\n".join([*elements, good])


def around_128_mib(begin: bytes, end: bytes, rest: bytes) -> Callable[[bytes], bytes]:
    """Make a body with one field of 128 MiB, when it is sent: all of them would be much to keep."""
    return lambda good: begin + b"x" * 128 * MIB + end + good + rest


def bomb(begin: bytes, filling: bytes) -> Callable[[bytes], bytes]:
    """Make gzip that unpacks to a gibibyte, in members of 32 MiB."""
    return lambda _: gzip.compress(begin) + gzip.compress(filling * 32 * MIB, 1) * 32


def just(body: bytes) -> Callable[[bytes], bytes]:
    return lambda _: body


MALFORMED, TOO_LARGE = ("row_malformed",), ("row_too_large",)
LONG_FIELD = b"x" * MILLION
WIDE = b",".join([b"name,family_name,email,cellphone", *[b"c"] * 30_000])
ALL_WRONG = ("name_invalid", "email_invalid", "cellphone_invalid")


def of_json(
    name: str, element: bytes, codes: tuple[str, ...], *, count: int = 1
) -> tuple[Case, Case]:
    """Make the cases of a bad element in JSON and in NDJSON."""
    rows, failed = (count + 1, 1), (codes,) * min(count, 1_000)
    return (
        Case(f"{name}, JSON", JSON, array(*[element] * count), rows=rows, codes=failed),
        Case(f"{name}, NDJSON", NDJSON, lines(*[element] * count), rows=rows, codes=failed),
    )


def of_csv(
    name: str, line: bytes, *codes: str, count: int = 1, header: bytes = HEADER, kind: str = CSV
) -> Case:
    failed = (codes,) * min(count, 1_000)
    make = table(*[line] * count, header=header)
    return Case(f"{name}, CSV", kind, make, rows=(count + 1, 1), codes=failed)


NOTHING = [Case(f"empty body, {kind}", kind, just(b""), "empty_body") for kind in (CSV, JSON)] + [
    Case("blank lines", CSV, just(b"\n" * MILLION), "columns_not_recognised"),
    Case("header only", CSV, just(HEADER), rows=(0, 0)),
    Case("header only, without line end", CSV, just(HEADER.strip()), rows=(0, 0)),
    Case("empty array", JSON, just(b"[]"), rows=(0, 0)),
]
COLUMNS = [
    Case("unknown columns", CSV, just(b"a,b,c,d\n1,2,3,4\n"), "columns_not_recognised"),
    Case("a million columns", CSV, just(b"x," * MILLION + b"\n"), "columns_not_recognised"),
    Case(
        "a million columns below the four",
        CSV,
        just(HEADER.strip() + b",x" * MILLION + b"\n"),
        "columns_not_recognised",
    ),
    Case("1 MB in a header", CSV, just(LONG_FIELD + b"," + HEADER), "columns_not_recognised"),
    of_csv("a row of a million columns", b"x," * MILLION, "row_too_large"),
    Case(
        "30,000 columns and rows of one and of five",
        CSV,
        table(*[b"x"] * 30_000, header=WIDE + b"\n"),
        rows=(30_001, 0),
        codes=(MALFORMED,) * 1_000,
    ),
    Case(
        "30,000 columns and rows as wide",
        CSV,
        lambda good: WIDE + b"\n" + 200 * (good.strip()[:-1] + b",x" * 30_000 + b"\n"),
        rows=(200, 0),
        codes=(TOO_LARGE,) * 200,
    ),
    *of_json(
        "a million keys",
        b"{" + b",".join(b'"%d":1' % n for n in range(MILLION)) + b"}",
        TOO_LARGE,
    ),
    of_csv("too few columns", b"Ada,Lovelace", "row_malformed"),
    of_csv("too many columns", b"Ada,Lovelace,a@x.com,+1,,,,", "row_malformed"),
    Case(
        "duplicate headers",
        CSV,
        lambda good: HEADER.strip() + b",email,note,NAME\n" + good.strip() + b",b@y.com,n,Bob\n",
        rows=(1, 1),
    ),
]
QUOTES = [
    of_csv("missing closing quote", b'"Ada,Lovelace,ada@x.com,+1,', "row_malformed"),
    of_csv("text after a closing quote", b'"Ada" x,Lovelace,ada@x.com,+1,', "row_malformed"),
    Case(
        "missing closing quote in the last row",
        CSV,
        lambda good: HEADER + good + b'"Ada,Lovelace,ada@x.com,+1,',
        rows=(2, 1),
        codes=(MALFORMED,),
    ),
    Case("missing closing quote in the header", CSV, just(b'"' + HEADER), "columns_not_recognised"),
    Case(
        "missing closing quote before 1 MB",
        CSV,
        just(b'"' + b"x\n" * 500_000),
        "columns_not_recognised",
    ),
    Case(
        "quotes that fit nowhere",
        CSV,
        just(b"name,family_name,email,cellphone\n" + b'a",b,c,"d\nd,e,f,g\n' * 29_000),
        "quotes_do_not_match",
    ),
]
CHARACTERS = [
    of_csv("NUL in a name", b"A\x00da,Lovelace,nul@x.com,+14155550100,", "name_invalid"),
    of_csv("NUL elsewhere", b"Ada,L,a@\x00x.com,\x00,", "email_invalid", "cellphone_invalid"),
    of_csv("NUL in an extra column", b"Ada,L,n@x.com,+14155550100,\x00", "row_malformed"),
    Case("nothing but NUL", CSV, just(b"\x00" * MILLION), "columns_not_recognised"),
    Case("random bytes", CSV, just(random.Random(1).randbytes(MILLION)), "columns_not_recognised"),
    *of_json("NUL", b'{"name":"\\u0000","family_name":"L","email":"\\u0000"}',
             ("name_invalid", "email_invalid", "cellphone_missing")),
    *of_json("a lone surrogate", b'{"name":"\\ud800","email":"a@x.com"}', MALFORMED),
    *of_json("a lone surrogate in bytes", b'{"name":"\xed\xa0\x80"}', MALFORMED),
    *of_json("a lone surrogate in an extra key", b'{"name":"A","\\udfff":1}', MALFORMED),
    *of_json("Windows-1252 as JSON", '{"name":"Zoë"}'.encode("cp1252"), MALFORMED),
    Case(
        "a lone surrogate in UTF-16",
        CSV,
        lambda good: (HEADER + b"A?da,L,u@x.com,+14155550100,\n" + good)
        .decode()
        .replace("?", "\ud800")
        .encode("utf-16", "surrogatepass"),
        rows=(2, 1),
        codes=(("name_invalid",),),
    ),
    Case(
        "Windows-1252 that says it is UTF-8",
        f"{CSV}; charset=utf-8",
        lambda good: HEADER + good.replace(b"Ada", "Zoë".encode("cp1252")),
        rows=(1, 1),
    ),
    Case("UTF-8 that says it is UTF-16", f"{CSV}; charset=utf-16", table(), rows=(1, 1)),
    Case("a character set of nobody", f"{CSV}; charset=klingon", table(), "unsupported_charset"),
    Case("JSON in UTF-16", JSON, lambda good: good.decode().encode("utf-16"), "malformed_json"),
]  # fmt: skip
SIZES = [
    of_csv("1 MB in a field", LONG_FIELD + b",b,c,d,", "row_too_large"),
    of_csv("1 MB in a quoted field", b'"' + LONG_FIELD + b'",b,c,d,', "row_too_large"),
    of_csv("1 MB in lines of a field", b'"' + b"x y\n" * 250_000 + b'",b,c,d,', "row_too_large"),
    *of_json("1 MB in a field", b'{"name":"' + LONG_FIELD + b'"}', TOO_LARGE),
    of_csv("70 KiB rows", b"x" * 70 * 1024 + b",b,c,d,", "row_too_large", count=200),
    *of_json("70 KiB rows", b'{"name":"' + b"x" * 70 * 1024 + b'"}', TOO_LARGE, count=200),
    *of_json("60 KB of extra columns", b'{"x":"' + b"x" * 60_000 + b'"}',
             ("row_too_large", *(f"{each}_missing" for each in FIELDS))),
    *(
        Case(
            f"128 MiB in a field, {kind}",
            kind,
            around_128_mib(begin, end, rest),
            rows=(2, 1),
            codes=(TOO_LARGE,),
        )
        for kind, begin, end, rest in (
            (CSV, HEADER, b"\n", b""),
            (JSON, b'["', b'",', b"]"),
            (NDJSON, b'"', b'"\n', b""),
        )
    ),
    *of_json("100,000 rows of nothing", b"5", MALFORMED, count=100_000),
]  # fmt: skip
DEPTHS = [
    *of_json("10,000 deep", b"[" * 10_000 + b"]" * 10_000, MALFORMED),
    *of_json("10,000 deep in objects", b'{"a":' * 10_000 + b"1" + b"}" * 10_000, MALFORMED),
    *of_json("10,000 deep in a column", b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}", MALFORMED),
    *of_json("a million deep", b"[" * MILLION + b"]" * MILLION, TOO_LARGE),
    Case("opened a million times", JSON, just(b"[" * MILLION), "malformed_json"),
    Case("objects opened a million times", JSON, just(b'{"leads":' * MILLION), "malformed_json"),
]
KINDS = [
    *of_json(
        "numbers", b'{"name":5,"family_name":1.5,"email":7,"cellphone":4155552671}', ALL_WRONG
    ),
    *of_json("no text", b'{"name":true,"family_name":[],"email":{},"cellphone":[1]}', ALL_WRONG),
    *of_json("a number of 10,000 digits", b'{"name":' + b"9" * 10_000 + b"}", MALFORMED),
    *of_json("a number beyond all types", b'{"name":1e400}', MALFORMED),
]
BOMBS = [
    Case("bomb of blank lines", CSV, bomb(b"", b"\n"), "malformed_body", in_gzip=True),
    *(
        Case(
            f"bomb of one field, {kind}",
            kind,
            bomb(begin, b"x"),
            rows=(1, 0),
            codes=(TOO_LARGE,),
            error="malformed_body",
            in_gzip=True,
        )
        for kind, begin in ((CSV, HEADER + b'"'), (NDJSON, b'"'))
    ),
    Case("bomb of one field, JSON", JSON, bomb(b'["', b"x"), "malformed_body", in_gzip=True),
    Case("no gzip", CSV, table(), "malformed_body", in_gzip=True),
]
WORST = ("30,000 columns and rows as wide", "a million keys, JSON", "70 KiB rows, JSON")
CASES = [*NOTHING, *COLUMNS, *QUOTES, *CHARACTERS, *SIZES, *DEPTHS, *KINDS, *BOMBS]


class Service:
    """A process of import-svc and its database.

    Attributes:
        peak_mib: The most memory that it and its children were seen to have; what they share
            counts for each.
    """

    def __init__(self, process: ServiceProcess, database_url: str) -> None:
        self._process = process
        self._database_url = database_url
        self._people = itertools.count()
        self.peak_mib = 0.0

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Look at the memory of the process and its children for as long as the context lasts."""
        watching = asyncio.create_task(self._watch())
        yield
        watching.cancel()

    async def _watch(self) -> None:
        while True:
            peaks = map(peak_mib_of, [self._process.pid, *children_of(self._process.pid)])
            self.peak_mib = max(self.peak_mib, sum(peaks))
            await asyncio.sleep(0.01)

    async def send(self, case: Case) -> tuple[int, Any]:
        """Send a case with a person of its own; return status and answer."""
        number = next(self._people)
        good = GOOD if case.media_type.startswith(CSV) else GOOD_JSON
        body = case.body(good % (b"good%d" % number, b"+1415%07d" % (2_000_000 + number)))
        headers = {"Content-Type": case.media_type}
        if case.in_gzip:
            headers["Content-Encoding"] = "gzip"
        async with (
            self.watched(),
            aiohttp.ClientSession() as session,
            session.post(
                f"{self._process.url}/v1/imports", data=io.BytesIO(body), headers=headers
            ) as response,
        ):
            return response.status, orjson.loads(await response.read())

    @contextlib.asynccontextmanager
    async def stuck_reader(self, path: str) -> AsyncIterator[None]:
        """Ask for something, and read no more than the first line of the answer."""
        host, port = self._process.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1_024)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        try:
            assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
            yield
        finally:
            writer.transport.abort()

    async def stored(self) -> tuple[int, int, int]:
        """How many imports and leads there are, and how many leads the imports count."""
        database = Database(
            url=self._database_url, schema=SERVICE.schema, application_name="test", pool_size=1
        )
        await database.start()
        async with database.connection() as connection:
            row = await connection.fetchrow(
                "SELECT (SELECT count(*) FROM imports), (SELECT count(*) FROM leads),"
                " (SELECT coalesce(sum(imported), 0)::int FROM imports)"
            )
        await database.stop()
        assert row is not None
        imports, leads, counted = row
        return imports, leads, counted


def children_of(pid: int) -> Iterator[int]:
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in listed.read_text().split():
                yield from (int(child), *children_of(int(child)))


def peak_mib_of(pid: int) -> float:
    """The most memory that a process had so far; 0 if it has ended."""
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text()
        return sum(map(int, re.findall(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE))) / 1024
    return 0.0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(
    database_templates: DatabaseTemplates, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """One process for all cases: what one leaves behind, the next one meets."""
    database = await database_templates.copy(SERVICE.schema, SERVICE.migrations)
    url, port = database_templates.service_url(database, SERVICE.schema), free_port()
    directory = tmp_path_factory.mktemp("import_svc")
    environment = {
        "LEADWIRE_AUTH": "off",
        "LEADWIRE_HTTP_PORT": str(port),
        "LEADWIRE_BROKER_URL": "memory://bad-input",
        "IMPORT_DATABASE_URL": url,
        "IMPORT_FILES_URL": (directory / "files").as_uri(),
    }
    log = directory / "log"
    process = ServiceProcess(module="import_svc", environment=environment, port=port, log=log)
    await process.start()
    yield Service(process, url)
    assert await process.stop() == 0
    await database_templates.drop(database)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_bad_input_is_a_clear_problem_or_a_failed_row(service: Service, case: Case) -> None:
    imports, leads, _ = await service.stored()

    status, answer = await service.send(case)

    imports_after, leads_after, counted = await service.stored()
    assert leads_after == counted, "nothing is stored without a receipt"
    if case.problem is not None:
        assert (status, answer["code"]) == (answer["status"], case.problem)
        assert 400 <= status < 500
        assert (imports_after, leads_after) == (imports, leads)
    else:
        received, imported = case.rows
        assert status == 200
        assert (answer["error"] or {}).get("code") == case.error
        assert answer["status"] == ("failed" if case.error else "completed")
        assert (answer["received"], answer["imported"]) == (received, imported)
        assert answer["failed"] == received - imported
        assert tuple(tuple(each["codes"]) for each in answer["failures"]) == case.codes
        assert (imports_after, leads_after) == (imports + 1, leads + imported)
    assert service.peak_mib < PEAK_MIB


async def test_clients_that_do_not_read_failures_cost_a_process_little_memory(
    service: Service,
) -> None:
    """Twenty ask for failures whose values are as long as they are shown, and read nothing."""
    row = orjson.dumps(dict.fromkeys(FIELDS, "é" * 1000))
    case = Case("long values", NDJSON, just(b"\n".join([row] * 2_000)))
    _, receipt = await service.send(case)
    before = service.peak_mib
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(20):
            await stack.enter_async_context(service.stuck_reader(receipt["failures_url"]))
        status, _ = await service.send(replace(case, body=lambda good: good))
        assert status == 200
        assert service.peak_mib < before + UNREAD_MIB


async def test_the_worst_input_sent_again_and_again_makes_the_process_no_larger(
    service: Service,
) -> None:
    await send_worst(service, times=3)
    before = service.peak_mib
    await send_worst(service, times=3)
    assert service.peak_mib < before + GROWTH_MIB


async def send_worst(service: Service, *, times: int) -> None:
    worst = [case for case in CASES if case.name in WORST]
    assert len(worst) == len(WORST)
    for case in worst * times:
        status, _ = await service.send(case)
        assert status == 200
