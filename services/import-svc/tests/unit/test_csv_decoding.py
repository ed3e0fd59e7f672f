"""CSV files as people have them, cut anywhere."""

import csv
import gzip
import io
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from import_svc.decoding import FIELDS, RowDecoder, UnreadableInputError
from import_svc.decoding.csv_rows import CsvDecoder
from import_svc.domain.reasons import Code
from import_svc.domain.rows import MAX_ROW_BYTES, RawRow

DOCUMENTS = Path(__file__).parent.parent / "documents"
HEADER = "name,family_name,email,cellphone\n"
ADA = RawRow("Ada", "Lovelace", "ada@x.com", "+1")
ADA_LINE = "Ada,Lovelace,ada@x.com,+1\n"


def decode(
    data: bytes, *, step: int | None = None, decoder: RowDecoder | None = None
) -> list[RawRow]:
    decoder = decoder or CsvDecoder()
    rows: list[RawRow] = []
    for begin in range(0, len(data), step or max(len(data), 1)):
        rows += decoder.feed(data[begin : begin + (step or len(data))])
    return rows + decoder.finish()


def codes(rows: list[RawRow]) -> list[Code | None]:
    return [row.defect.code if row.defect else None for row in rows]


def text_of(rows: list[RawRow]) -> list[object]:
    return [row.defect.code if row.defect else row.name for row in rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_delimiter_and_line_end_is_found(delimiter: str, end: str) -> None:
    lines = [HEADER.strip(), ADA_LINE.strip(), ADA_LINE.strip()]
    data = end.join(line.replace(",", delimiter) for line in lines).encode()
    assert decode(data) == [ADA, ADA]


def test_a_semicolon_file_may_have_commas_in_its_values() -> None:
    data = b"Name;Last Name;Email;Phone;Note\nAda;Lovelace;ada@x.com;+1;a,b,c,d\n"
    (row,) = decode(data)
    assert row.attributes == {"Note": "a,b,c,d"}


@pytest.mark.parametrize(
    "header",
    [
        "First Name,Last Name,E-mail,Phone",
        "FIRST_NAME,LAST_NAME,EMAIL,MOBILE",
        "first name , Family ,Email 1,Phone 1",
        '"Given Name","Surname","Email Address","Cell Phone"',
        "Name,Family Name,email address,Mobile Number",
    ],
)
def test_headers_are_known_in_any_case_and_spacing(header: str) -> None:
    assert decode(f"{header}\n{ADA_LINE}".encode()) == [ADA]


def test_the_best_column_wins_and_the_others_are_kept() -> None:
    header = b"Phone,Mobile,First Name,Name,Last Name,Email 1,Email 2\n"
    data = header + b"+2,+1,Ada,A.L.,Lovelace,ada@x.com,b@x.com\n"
    (row,) = decode(data)
    assert row == ADA._replace(attributes={"Phone": "+2", "Name": "A.L.", "Email 2": "b@x.com"})


def test_repeated_and_nameless_headers_are_told_apart() -> None:
    data = (HEADER.strip() + ",Tag,Tag,,email\nAda,Lovelace,ada@x.com,+1,a,b,c,d\n").encode()
    (row,) = decode(data)
    assert row.attributes == {"Tag": "a", "Tag (2)": "b", "column 7": "c", "email": "d"}


def test_empty_extra_cells_are_left_out() -> None:
    (row,) = decode((HEADER.strip() + ",Tag\nAda,Lovelace,ada@x.com,+1,\n").encode())
    assert not row.attributes


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-8", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("step", [1, 2, 7, None])
def test_encodings_are_recognised_by_their_mark_or_their_nuls(
    encoding: str, step: int | None
) -> None:
    data = (HEADER + "Zoë,李,ada@x.com,+1\n").encode(encoding)
    assert decode(data, step=step) == [RawRow("Zoë", "李", "ada@x.com", "+1")]


def test_a_declared_encoding_is_used() -> None:
    data = (HEADER + "Zoë,Müller,ada@x.com,+1\n").encode("cp1252")
    (row,) = decode(data, decoder=CsvDecoder(encoding="cp1252"))
    assert (row.name, row.family_name) == ("Zoë", "Müller")


@pytest.mark.parametrize("step", [1, 3, None])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8"])
def test_what_is_said_to_be_utf_16_is_read_with_a_mark_or_without(
    encoding: str, step: int | None
) -> None:
    data = (HEADER + "Zoë,李,ada@x.com,+1\n").encode(encoding)
    rows = decode(data, step=step, decoder=CsvDecoder(encoding="utf-16"))
    assert rows == [RawRow("Zoë", "李", "ada@x.com", "+1")]


@pytest.mark.parametrize("step", [1, 3, None])
def test_what_is_no_utf_8_is_windows_1252(step: int | None) -> None:
    data = (HEADER + ADA_LINE + "Zoë,Müller €,z@x.com,+2\n").encode("cp1252")
    utf_8 = "李,Müller,l@x.com,+3\n".encode()
    rows = decode(data + utf_8, step=step)
    assert [row.name for row in rows] == ["Ada", "Zoë", "李"]
    assert [row.family_name for row in rows] == ["Lovelace", "Müller €", "Müller"]


def test_bytes_that_are_no_text_at_all_stay_in_their_row() -> None:
    rows = decode(HEADER.encode() + b"Zo\x81,Miller,z@x.com,+2\n" + ADA_LINE.encode())
    assert rows == [RawRow("Zo\ufffd", "Miller", "z@x.com", "+2"), ADA]


def test_blank_lines_before_the_header_are_not_kept() -> None:
    decoder = CsvDecoder()
    for _ in range(50):
        assert decoder.feed(b"\n" * 100_000) == []
    assert decoder._lines == []
    assert decode((HEADER + ADA_LINE).encode(), decoder=decoder) == [ADA]


@pytest.mark.parametrize("step", [1, 3, 10, None])
def test_a_quoted_field_may_hold_delimiters_quotes_and_newlines(step: int | None) -> None:
    data = (HEADER + '"Ada\nAugusta","a ""b"", c",ada@x.com,"+1"\r\n' + ADA_LINE).encode()
    assert decode(data, step=step) == [RawRow("Ada\nAugusta", 'a "b", c', "ada@x.com", "+1"), ADA]


def test_ragged_rows_fail_alone_and_say_why() -> None:
    rows = decode((HEADER + "Ada,Lovelace,ada@x.com\n" + ADA_LINE + "a,b,c,d,e\n").encode())
    assert codes(rows) == [Code.ROW_MALFORMED, None, Code.ROW_MALFORMED]
    assert rows[0].defect is not None
    assert rows[0].defect.reason == "the row has 3 columns where the header has 4"
    assert rows[0][:4] == ("Ada", "Lovelace", "ada@x.com", None)
    assert rows[2][:4] == ("a", "b", "c", "d")


@pytest.mark.parametrize("step", [1, None])
def test_the_apostrophe_before_a_formula_in_a_file_of_failures_is_taken_away(
    step: int | None,
) -> None:
    rows = decode((HEADER + "O'Brien,'-Ray,'=bob@x.com,'+1-2\n" + ADA_LINE).encode(), step=step)
    assert rows == [RawRow("O'Brien", "-Ray", "=bob@x.com", "+1-2"), ADA]


def test_blank_lines_are_no_rows() -> None:
    assert decode(("\n\n" + HEADER + "\n" + ADA_LINE + "\r\n\n").encode()) == [ADA]


def test_the_line_that_names_the_separator_is_passed_over() -> None:
    assert decode(("sep=;\n" + (HEADER + ADA_LINE).replace(",", ";")).encode()) == [ADA]


@pytest.mark.parametrize("step", [1, 11, None])
def test_a_quote_that_is_never_closed_costs_one_row(step: int | None) -> None:
    data = (HEADER + '"Bob,Ray,bob@x.com,+2\n' + ADA_LINE * 3).encode()
    assert decode(data, step=step) == decode(data)
    assert text_of(decode(data)) == [Code.ROW_MALFORMED, "Ada", "Ada", "Ada"]
    assert decode(data)[0][:4] == ('"Bob', "Ray", "bob@x.com", "+2")


def test_a_quote_that_is_not_closed_costs_one_row_also_in_a_large_file() -> None:
    rows = decode((HEADER + '"Bob,Ray,bob@x.com,+2\n' + ADA_LINE * 20_000).encode(), step=50_000)
    assert text_of(rows) == [Code.ROW_MALFORMED, *["Ada"] * 20_000]


def test_text_after_a_closing_quote_costs_one_row() -> None:
    rows = decode((HEADER + '"Bob" Bobson,Ray,bob@x.com,+2\n' + ADA_LINE).encode())
    assert text_of(rows) == [Code.ROW_MALFORMED, "Ada"]
    assert rows[0][:4] == ('"Bob" Bobson', "Ray", "bob@x.com", "+2")


@pytest.mark.parametrize("step", [1_000, 65_536, None])
@pytest.mark.parametrize(
    "value",
    ["x" * 70_000, "x" * 1_000_000, '"' + "x" * 1_000_000 + '"', '"' + "x y\n" * 250_000 + '"'],
    ids=["70 KiB", "1 MB", "1 MB quoted", "1 MB in many lines"],
)
def test_a_row_that_is_too_large_fails_alone(value: str, step: int | None) -> None:
    data = (HEADER + ADA_LINE + f"{value},b,c,d\n" + ADA_LINE).encode()
    rows = decode(data, step=step)
    assert text_of(rows) == ["Ada", Code.ROW_TOO_LARGE, "Ada"]


def test_the_largest_row_passes() -> None:
    filler = "x" * (MAX_ROW_BYTES - len(",b,c,d\n"))
    (row,) = decode((HEADER + f"{filler},b,c,d\n").encode(), step=1_000)
    assert row.name == filler


def test_a_header_without_rows_gives_no_rows() -> None:
    assert decode(HEADER.encode()) == []
    assert decode(HEADER.strip().encode()) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"hello",
        b"a,b,c,d\n1,2,3,4\n",
        b"\x00\x01\x02\x03" * 1_000,
        b'"name,family_name,email,cellphone\n',
        b"x," * 1_000_000,
        b'"' + b"x\n" * 100_000,
    ],
    ids=["empty", "blank", "text", "unknown", "binary", "quote", "million columns", "huge quote"],
)
@pytest.mark.parametrize("step", [None, 50_000])
def test_columns_that_cannot_be_recognised_refuse_the_file(data: bytes, step: int | None) -> None:
    with pytest.raises(UnreadableInputError) as caught:
        decode(data, step=step)
    assert caught.value.code == "columns_not_recognised"


def test_a_refusal_lists_the_headers_found_and_the_fields_missing() -> None:
    with pytest.raises(UnreadableInputError) as caught:
        decode(b"First Name;Company;Email\nAda;X;ada@x.com\n")
    assert caught.value.extra == {
        "headers_found": ["First Name", "Company", "Email"],
        "fields_missing": ["family_name", "cellphone"],
    }


@pytest.mark.parametrize(
    ("rest", "ragged", "whole"),
    [
        (ADA_LINE.replace("\n", "\r\r\n") * 5_000, 0, 5_000),
        ("\n" + ADA_LINE * 5_000, 0, 5_000),
        ("Ada,Lovelace\n" + ADA_LINE * 5_000, 1, 5_000),
        (ADA_LINE * 5_000 + 'Ada,Love",ada@x.com,+1\n' + ADA_LINE * 5_000, 0, 10_001),
    ],
    ids=["blank lines between rows", "blank line", "ragged row", "another quote far below"],
)
@pytest.mark.parametrize("step", [None, 50_000])
def test_a_quote_that_is_not_closed_costs_one_row_of_many(
    rest: str, ragged: int, whole: int, step: int | None
) -> None:
    rows = decode((HEADER + '"Ada,Lovelace,ada@x.com,+1\r\r\n' + rest).encode(), step=step)
    assert [row.defect is None for row in rows] == [False] * (1 + ragged) + [True] * whole


@pytest.mark.parametrize(
    "row",
    [
        "Ada;Lovelace;ada@example.com;+14155552671",
        "Ada;Lovelace;nonsense;0151/234 567-89",
        "Ada;Lovelace;;(415) 555-2671",
        "Ada;Lovelace;mailto: ada@example;",
    ],
)
def test_a_lead_in_place_of_a_header_is_not_repeated(row: str) -> None:
    with pytest.raises(UnreadableInputError) as caught:
        decode(row.encode())
    assert caught.value.code == "columns_not_recognised"
    assert "put the names of the columns before it" in caught.value.detail
    assert caught.value.extra == {"fields_missing": list(FIELDS)}
    assert "Ada" not in caught.value.detail


def test_numbers_that_are_no_phones_are_headers_all_the_same() -> None:
    with pytest.raises(UnreadableInputError) as caught:
        decode(b"Name;Deals 2024/25;E-mail 1\nAda;1;ada@x.com\n")
    assert caught.value.extra["headers_found"] == ["Name", "Deals 2024/25", "E-mail 1"]


@pytest.mark.parametrize(
    ("name", "told"),
    [("excel.xlsx", "save it as CSV"), ("excel.xls", "save it as CSV"), (None, "encoding: gzip")],
)
@pytest.mark.parametrize("step", [None, 1])
def test_what_is_no_text_at_all_is_named(name: str | None, told: str, step: int | None) -> None:
    data = (DOCUMENTS / name).read_bytes() if name else gzip.compress(HEADER.encode())
    with pytest.raises(UnreadableInputError) as caught:
        decode(data, step=step)
    assert caught.value.code == "columns_not_recognised"
    assert told.lower() in caught.value.detail.lower()
    assert caught.value.extra == {}


def test_many_broken_quotes_do_not_cost_quadratic_time() -> None:
    started = time.process_time()
    rows = decode(HEADER.encode() + b'"a\n' * 100_000)
    assert len(rows) == 100_000
    assert time.process_time() - started < 10


def test_quotes_that_fit_nowhere_end_the_input_rather_than_cost_hours() -> None:
    """Each other row opens a quote that the next such row takes for its end, and so on."""
    with pytest.raises(UnreadableInputError) as caught:
        decode(HEADER.encode() + b'a",b,c,"d\nd,e,f,g\n' * 29_000)
    assert caught.value.code == "quotes_do_not_match"


def test_a_broken_row_in_twenty_is_not_too_many() -> None:
    lines = [ADA_LINE if number % 20 else 'x,"y,z@x.com,+1\n' for number in range(20_000)]
    rows = decode((HEADER + "".join(lines)).encode())
    assert len(rows) == 20_000
    assert codes(rows).count(Code.ROW_MALFORMED) == 1_000


def as_csv(table: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(table)
    return out.getvalue().encode()


CELLS = st.text(alphabet='ab ,;"\n\r\té李', max_size=6)


@given(st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=8), st.integers(1, 40))
def test_what_the_csv_module_writes_is_read_back_however_it_is_cut(
    table: list[list[str]], step: int
) -> None:
    rows = decode(HEADER.encode() + as_csv(table), step=step)
    assert [list(row[:4]) for row in rows] == table


@given(st.text(alphabet='a,"\n\r;', max_size=60), st.integers(1, 30))
def test_any_text_gives_the_same_rows_however_it_is_cut(text: str, step: int) -> None:
    data = (HEADER + text).encode()
    assert decode(data, step=step) == decode(data)
