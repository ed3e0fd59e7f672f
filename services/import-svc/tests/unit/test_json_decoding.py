"""JSON and NDJSON, cut anywhere, whole or broken."""

import contextlib
import tracemalloc
from collections.abc import Callable

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from import_svc.decoding import (
    InputFormat,
    RowDecoder,
    UnreadableInputError,
    UnsupportedFormatError,
)
from import_svc.decoding.json_rows import JsonDecoder
from import_svc.decoding.ndjson_rows import NdjsonDecoder
from import_svc.domain.reasons import Code
from import_svc.domain.rows import MAX_ROW_BYTES, RawRow

ADA = {"name": "Ada", "family_name": "Lovelace", "email": "ada@x.com", "cellphone": "+1"}
ADA_ROW = RawRow("Ada", "Lovelace", "ada@x.com", "+1")
ADA_JSON = orjson.dumps(ADA)


def decode(decoder: RowDecoder, data: bytes, *, step: int | None = None) -> list[RawRow]:
    rows: list[RawRow] = []
    step = step or max(len(data), 1)
    for begin in range(0, len(data), step):
        rows += decoder.feed(data[begin : begin + step])
    return rows + decoder.finish()


def codes(rows: list[RawRow]) -> list[Code | None]:
    return [row.defect.code if row.defect else None for row in rows]


def array(*elements: bytes) -> bytes:
    return b"[" + b",".join(elements) + b"]"


def lines(*elements: bytes) -> bytes:
    return b"\n".join(elements)


FORMATS = pytest.mark.parametrize(
    ("decoder_type", "document"), [(JsonDecoder, array), (NdjsonDecoder, lines)]
)
Document = Callable[..., bytes]


@FORMATS
@pytest.mark.parametrize("step", [1, 2, 17, None])
def test_objects_become_rows(
    decoder_type: type[RowDecoder], document: Document, step: int | None
) -> None:
    data = document(ADA_JSON, ADA_JSON, ADA_JSON)
    assert decode(decoder_type(), data, step=step) == [ADA_ROW] * 3


@FORMATS
def test_keys_are_known_by_their_synonyms(
    decoder_type: type[RowDecoder], document: Document
) -> None:
    data = document(b'{"First Name":"Ada","lastName":"Lovelace","E-mail":"ada@x.com","Phone":"+1"}')
    assert decode(decoder_type(), data) == [ADA_ROW]


@FORMATS
def test_other_keys_and_nested_attributes_are_kept(
    decoder_type: type[RowDecoder], document: Document
) -> None:
    data = document(orjson.dumps({**ADA, "deals": [1], "attributes": {"company": "X"}}))
    (row,) = decode(decoder_type(), data)
    assert row.attributes == {"deals": [1], "company": "X"}


@FORMATS
def test_missing_keys_are_missing_fields(
    decoder_type: type[RowDecoder], document: Document
) -> None:
    assert (
        decode(decoder_type(), document(b"{}", b'{"name":null}'))
        == [RawRow(None, None, None, None)] * 2
    )


@FORMATS
@pytest.mark.parametrize("step", [1_000, None])
@pytest.mark.parametrize(
    ("element", "code"),
    [
        (b"5", Code.ROW_MALFORMED),
        (b"null", Code.ROW_MALFORMED),
        (b'"text, with ] and } inside"', Code.ROW_MALFORMED),
        (b'["a","b"]', Code.ROW_MALFORMED),
        (b'{"name":"\\ud800"}', Code.ROW_MALFORMED),
        (b'{"name":"\xff"}', Code.ROW_MALFORMED),
        (b'{"name":' + b"9" * 10_000 + b"}", Code.ROW_MALFORMED),
        (b"[" * 10_000 + b"]" * 10_000, Code.ROW_MALFORMED),
        (b'{"name":"' + b"x" * 70_000 + b'"}', Code.ROW_TOO_LARGE),
        (b'{"name":"' + b"\\\\" * 600_000 + b'\\""}', Code.ROW_TOO_LARGE),
        (b"[" * 100_000 + b"]" * 100_000, Code.ROW_TOO_LARGE),
    ],
    ids=lambda value: value[:12].decode("latin-1") if isinstance(value, bytes) else None,
)
def test_an_element_that_is_no_lead_fails_alone(
    decoder_type: type[RowDecoder],
    document: Document,
    element: bytes,
    code: Code | None,
    step: int | None,
) -> None:
    rows = decode(decoder_type(), document(ADA_JSON, element, ADA_JSON), step=step)
    assert codes(rows) == [None, code, None]


@FORMATS
@pytest.mark.parametrize(
    "note", [b'"\\ud83d"', b'"\xff"', b"NaN", b"1e999", b"9" * 400, b'{"a":["\\udc00"]}']
)
def test_a_row_that_cannot_be_stored_is_told_with_its_values(
    decoder_type: type[RowDecoder], document: Document, note: bytes
) -> None:
    element = ADA_JSON[:-1] + b',"note":' + note + b"}"
    (row,) = decode(decoder_type(), document(element))
    assert row == ADA_ROW._replace(defect=row.defect)
    assert row.defect is not None
    assert "cannot be stored" in row.defect.reason


@FORMATS
def test_the_largest_row_passes(decoder_type: type[RowDecoder], document: Document) -> None:
    element = b'{"name":"' + b"x" * (MAX_ROW_BYTES - len(b'{"name":""}')) + b'"}'
    assert codes(decode(decoder_type(), document(element), step=1_000)) == [None]
    longer = element.replace(b"x", b"xx", 1)
    assert codes(decode(decoder_type(), document(longer), step=1_000)) == [Code.ROW_TOO_LARGE]


@pytest.mark.parametrize("step", [1, None])
@pytest.mark.parametrize(
    "data",
    [
        b'{"leads":[' + ADA_JSON + b"]}",
        b'\xef\xbb\xbf \n{ "leads" : [ ' + ADA_JSON + b" ] } \n",
        b" [ " + ADA_JSON + b" ] ",
    ],
)
def test_leads_may_stand_in_an_object(data: bytes, step: int | None) -> None:
    assert decode(JsonDecoder(), data, step=step) == [ADA_ROW]


@pytest.mark.parametrize("data", [b"[]", b" [ \n ] ", b'{"leads":[]}'])
def test_an_empty_array_gives_no_rows(data: bytes) -> None:
    assert decode(JsonDecoder(), data, step=1) == []


@pytest.mark.parametrize("step", [1, None])
@pytest.mark.parametrize(
    "data",
    [
        b"hello",
        b"{}",
        b'{"people":[]}',
        b'{"leads":5}',
        b"5",
        b" " * 10_000,
        b"[",
        b"[" + ADA_JSON,
        b'["abc',
        b"[" + ADA_JSON + b",]",
        b"[," + ADA_JSON + b"]",
        b"[,]",
        b"[" + ADA_JSON + b"}",
        b"[" + ADA_JSON + b"]]",
        b"[" + ADA_JSON + b"] []",
        b'{"leads":[' + ADA_JSON + b"]",
        b'{"leads":[' + ADA_JSON + b'],"more":1}',
        b'[{"name":}]',
        b"[{name:1}]",
        b'[{"a":1} {"b":2}]',
        b"[tru]",
    ],
    ids=lambda value: value[:30].decode() if isinstance(value, bytes) else None,
)
def test_broken_json_is_an_error(data: bytes, step: int | None) -> None:
    with pytest.raises(UnreadableInputError) as caught:
        decode(JsonDecoder(), data, step=step)
    assert caught.value.code == "malformed_json"


@pytest.mark.parametrize("step", [1, None])
@pytest.mark.parametrize(
    "data",
    [b"{", b' {\n"lea', b'\xef\xbb\xbf{"leads" :', b'{"leads":', b"[", b'{"leads":[', b'["abc'],
)
def test_a_document_that_is_cut_off_is_told_from_another_one(data: bytes, step: int | None) -> None:
    with pytest.raises(UnreadableInputError, match="ends before it is complete"):
        decode(JsonDecoder(), data, step=step)
    with pytest.raises(UnreadableInputError, match="expected a JSON array"):
        decode(JsonDecoder(), data.replace(b"[", b"").replace(b"{", b"") + b"5", step=step)


def test_a_broken_line_of_ndjson_fails_alone() -> None:
    rows = decode(NdjsonDecoder(), lines(ADA_JSON, b'{"name":', b"{},{}", ADA_JSON))
    assert codes(rows) == [None, Code.ROW_MALFORMED, Code.ROW_MALFORMED, None]


def test_blank_lines_of_ndjson_are_no_rows() -> None:
    data = b"\xef\xbb\xbf" + lines(ADA_JSON, b"", b"  \r", ADA_JSON + b"\r", b"")
    assert decode(NdjsonDecoder(), data, step=3) == [ADA_ROW] * 2


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(alphabet='a"\\[]{},é\n', max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@FORMATS
@given(values=st.lists(VALUES, max_size=6), step=st.integers(1, 40))
def test_any_json_gives_one_row_per_element_however_it_is_cut(
    decoder_type: type[RowDecoder], document: Document, values: list[object], step: int
) -> None:
    data = document(*map(orjson.dumps, values))
    rows = decode(decoder_type(), data, step=step)
    expected = [None if isinstance(value, dict) else Code.ROW_MALFORMED for value in values]
    assert codes(rows) == expected


@given(st.binary(max_size=60), st.integers(1, 20))
def test_any_bytes_are_rows_or_malformed_json(data: bytes, step: int) -> None:
    for prefix in (b"", b"[", b'[{"name":"'):
        with contextlib.suppress(UnreadableInputError):
            decode(JsonDecoder(), prefix + data, step=step)


@pytest.mark.parametrize(
    ("media_type", "charset", "code"),
    [
        ("application/xml", None, "unsupported_media_type"),
        ("", None, "unsupported_media_type"),
        ("application/json", "utf-16", "unsupported_charset"),
        ("text/csv", "no-such-charset", "unsupported_charset"),
        ("text/csv", "rot13", "unsupported_charset"),
        ("text/csv", "idna", "unsupported_charset"),
    ],
)
def test_other_formats_are_refused(media_type: str, charset: str | None, code: str) -> None:
    with pytest.raises(UnsupportedFormatError) as caught:
        InputFormat.of(media_type, charset)
    assert caught.value.code == code


def test_what_is_remembered_of_many_wide_objects_is_bounded() -> None:
    decoder = NdjsonDecoder()
    tracemalloc.start()
    try:
        for number in range(300):
            wide = {f"{number} {column}": 1 for column in range(2_000)}
            decoder.feed(orjson.dumps(wide) + b"\n")
        remembered, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert remembered < 5 * 1024**2


LINES = st.sampled_from(
    [
        ADA_JSON,
        orjson.dumps(dict(reversed(ADA.items()))),
        orjson.dumps({**ADA, "Company": "Engines"}),
        orjson.dumps({**ADA, "tags": [{"a": 1}, {"b": 2}]}),
        b'{"name":"Ada","family_name":"Lovelace","email":"a@x.com","Phone":"+1"}',
        b'{"name":"[","family_name":"},{","email":"a@x.com","cellphone":"+1"}',
        b'{"name":"A","name":"B","family_name":"L","email":"a@x.com","cellphone":"+1"}',
        b'{"name":1,"family_name":null,"email":{},"cellphone":true}',
        b'{"name":"\\ud800","family_name":"L","email":"a@x.com","cellphone":"+1"}',
        # What would be objects only together with the lines beside it.
        *(b'{"a":[{}', b'{"x":1}]}', b"{},{}", b"[{}", b"{}]", b'{"a":{"b":1}', b"{", b"}", b""),
        *(b" {}", b"null", b'"{"', b"{}", b'{"name":"\xff"}', b"\r"),
    ]
)


@given(st.lists(LINES, max_size=6))
@example([b'{"a":[{}', b'{"x":1}]}', b"{},{}"])
def test_lines_that_are_read_at_once_are_read_as_one_by_one(given_lines: list[bytes]) -> None:
    data = lines(*given_lines, b"")
    # Two bytes at a time never bring two whole lines, but empty ones.
    assert decode(NdjsonDecoder(), data) == decode(NdjsonDecoder(), data, step=2)
