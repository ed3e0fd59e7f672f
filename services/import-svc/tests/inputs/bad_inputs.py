"""Input as bad as it gets, and what becomes of each."""

import gzip
import random
from collections.abc import Callable
from dataclasses import dataclass

CSV, JSON, NDJSON = "text/csv", "application/json", "application/x-ndjson"
MIB = 1024**2
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
