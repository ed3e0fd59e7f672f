"""What a row is judged to be, without regard to other rows."""

import orjson
import pytest

from import_svc.domain.names import clean_name, clean_names
from import_svc.domain.phones import parse_phone
from import_svc.domain.reasons import SENTENCES, Code, describe
from import_svc.domain.receipt import failure_of, shown
from import_svc.domain.rows import MAX_ATTRIBUTES_BYTES, JudgedRow, RawRow, RowDefect, defective
from import_svc.domain.validation import judge_row, judge_rows

GOOD = RawRow("Ada", "Lovelace", "ada@example.com", "+14155552671")


def judge(row: RawRow, *, region: str | None = None, cellphone_required: bool = True) -> JudgedRow:
    judged = judge_row(row, region=region, cellphone_required=cellphone_required)
    if cellphone_required:
        (quickly,) = judge_rows([row], region=region)
        # Only the fields are kept: of a valid row as found, of the others as they are shown.
        assert quickly._replace(raw=judged.raw, mentions=()) == judged
        fields = judged.raw[:4]
        kept = tuple(map(shown, fields)) if judged.codes else fields
        assert quickly.raw == (*kept, None, None)
    return judged


def test_a_good_row_is_cleaned_and_has_no_codes() -> None:
    judged = judge(
        RawRow("  Ada ", "\tLovelace\n", " Ada@EXAMPLE.com ", " (415) 555-2671 x12 "), region="US"
    )
    assert judged.codes == ()
    assert (judged.name, judged.family_name) == ("Ada", "Lovelace")
    assert (judged.email, judged.email_key) == ("Ada@example.com", "ada@example.com")
    assert judged.cellphone == "+14155552671"


def test_every_code_that_applies_is_reported_in_a_fixed_order() -> None:
    judged = judge(RawRow("", None, "nonsense", "12"), region="US")
    assert judged.codes == (
        Code.NAME_MISSING,
        Code.FAMILY_NAME_MISSING,
        Code.EMAIL_INVALID,
        Code.CELLPHONE_INVALID,
    )


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", None, Code.NAME_MISSING),
        ("name", "  ", Code.NAME_MISSING),
        ("name", "x" * 201, Code.NAME_INVALID),
        ("name", "a\x00b", Code.NAME_INVALID),
        ("name", "a\nb", Code.NAME_INVALID),
        ("name", "\ud800", Code.NAME_INVALID),
        ("name", 5, Code.NAME_INVALID),
        ("family_name", "", Code.FAMILY_NAME_MISSING),
        ("family_name", ["x"], Code.NAME_INVALID),
        ("email", "\t", Code.EMAIL_MISSING),
        ("email", None, Code.EMAIL_MISSING),
        ("email", "a@b", Code.EMAIL_INVALID),
        ("email", {"a": 1}, Code.EMAIL_INVALID),
        ("cellphone", "", Code.CELLPHONE_MISSING),
        ("cellphone", None, Code.CELLPHONE_MISSING),
        ("cellphone", 4155552671, Code.CELLPHONE_INVALID),
        ("cellphone", "+1415", Code.CELLPHONE_INVALID),
        ("cellphone", "\ud800", Code.CELLPHONE_INVALID),
        ("cellphone", "1" * 10_000, Code.CELLPHONE_INVALID),
    ],
)
def test_a_wrong_field_has_its_code(field: str, value: object, code: Code) -> None:
    assert judge(RawRow(**(GOOD._asdict() | {field: value})), region="US").codes == (code,)


@pytest.mark.parametrize("name", ["x" * 200, "Zoë", "Đặng", "李", "O'Neil", "María José", "=1+1"])
def test_names_of_the_world_are_valid(name: str) -> None:
    assert judge(GOOD._replace(name=name)).name == name


def test_one_code_stands_for_two_invalid_names() -> None:
    assert judge(GOOD._replace(name="\x01", family_name="\x02")).codes == (Code.NAME_INVALID,)


@pytest.mark.parametrize("cellphone", [None, "", "  "])
def test_the_form_does_without_a_cellphone(cellphone: str | None) -> None:
    judged = judge(GOOD._replace(cellphone=cellphone), cellphone_required=False)
    assert (judged.codes, judged.cellphone) == ((), None)


# Verdicts of the Python port of libphonenumber.
@pytest.mark.parametrize(
    ("number", "region", "e164"),
    [
        ("773.614.4372x2718", "US", "+17736144372"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("+1-415-555-2671 ext. 5", None, "+14155552671"),
        ("001-798-790-9214x954", "US", None),
        ("+4915112345678", "US", "+4915112345678"),
        ("0151 12345678", "DE", "+4915112345678"),
        ("0151 12345678", None, None),
        ("020 8366 1177", "GB", "+442083661177"),
        ("555-2671", "US", None),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("tel:+1-415-555-2671", None, "+14155552671"),
        ("٤١٥٥٥٥٢٦٧١", "US", "+14155552671"),
        ("+999123456789", None, None),
    ],
)
def test_numbers_are_judged_as_libphonenumber_does(
    number: str, region: str | None, e164: str | None
) -> None:
    phone = parse_phone(number, region)
    assert (phone and phone[0]) == e164


def test_extra_columns_become_a_json_object() -> None:
    judged = judge(GOOD._replace(attributes={"Company": "Müller", "Deals": [1, None]}))
    assert judged.attributes == '{"Company":"Müller","Deals":[1,null]}'


def test_extra_columns_at_the_limit_pass_and_one_byte_more_fails() -> None:
    overhead = len('{"n":""}')
    at_limit = {"n": "x" * (MAX_ATTRIBUTES_BYTES - overhead)}
    assert judge(GOOD._replace(attributes=at_limit)).codes == ()
    beyond = {"n": "x" * (MAX_ATTRIBUTES_BYTES - overhead + 1)}
    assert judge(GOOD._replace(attributes=beyond)).codes == (Code.ROW_TOO_LARGE,)


def nested(depth: int) -> dict[str, object]:
    value: dict[str, object] = {}
    for _ in range(depth):
        value = {"x": value}
    return value


@pytest.mark.parametrize(
    "attributes",
    [{"a": "x\x00"}, {"a\x00": 1}, {"a": "\\\x00"}, {"a": "\ud800"}, nested(32), nested(500)],
    ids=["NUL", "NUL in a name", "NUL after a backslash", "surrogate", "too deep", "much too deep"],
)
def test_extra_columns_that_cannot_be_stored_fail_the_row(attributes: dict[str, object]) -> None:
    assert judge(GOOD._replace(attributes=attributes)).codes == (Code.ROW_MALFORMED,)


def test_extra_columns_at_the_limit_of_depth_pass() -> None:
    assert judge(GOOD._replace(attributes=nested(31) | {"y": [[] for _ in range(40)]})).codes == ()


def test_text_that_only_looks_like_an_escaped_nul_is_kept() -> None:
    assert judge(GOOD._replace(attributes={"path": "C:\\u0000"})).codes == ()


def test_a_defective_row_says_only_its_defect() -> None:
    judged = judge(defective(Code.ROW_MALFORMED, "the row has 3 columns"))
    assert (judged.codes, judged.reason) == ((Code.ROW_MALFORMED,), "the row has 3 columns")


def test_a_defective_row_fails_however_good_what_could_be_read_of_it_is() -> None:
    ragged = GOOD._replace(defect=RowDefect(Code.ROW_MALFORMED, "the row has 5 columns"))
    assert judge(ragged).codes == (Code.ROW_MALFORMED,)
    judged = judge_rows([GOOD, ragged, GOOD._replace(email="nonsense")], region=None)
    assert [row.codes for row in judged] == [(), (Code.ROW_MALFORMED,), (Code.EMAIL_INVALID,)]


def test_every_code_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Code)
    assert describe([Code.EMAIL_MISSING, Code.CELLPHONE_EXISTS]) == (
        "email is not provided; cellphone already exists"
    )


def test_the_extension_of_a_cellphone_is_kept_as_an_attribute() -> None:
    row = GOOD._replace(cellphone="773.614.4372x2718", attributes={"Company": "Example"})
    judged = judge(row, region="US")
    assert judged.cellphone == "+17736144372"
    assert orjson.loads(judged.attributes) == {"cellphone_extension": "2718", "Company": "Example"}
    own = judge(row._replace(attributes={"cellphone_extension": "1"}), region="US")
    assert orjson.loads(own.attributes) == {"cellphone_extension": "1"}


@pytest.mark.parametrize(
    ("number", "region", "hinted"),
    [
        ("(212) 555-0101", None, True),
        ("12", "US", False),
        ("+1 12", None, False),
        (12, None, False),
    ],
)
def test_a_national_number_without_a_region_is_told_what_is_missing(
    number: object, region: str | None, hinted: bool
) -> None:
    judged = judge(GOOD._replace(cellphone=number), region=region)
    failure = failure_of(judged, number=1, codes=judged.codes)
    assert judged.codes == (Code.CELLPHONE_INVALID,)
    assert ("region=US" in failure.reason) == hinted


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("\ufeffAda", "Ada"),
        ("A\u202eda\u200b", "Ada"),
        (" \u200b ", ""),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        ("Jos\ufffd", None),
        ("x" * 200 + "\u200b", "x" * 200),
    ],
)
def test_a_name_is_what_can_be_seen_of_it(given: str, cleaned: str | None) -> None:
    assert clean_name(given) == cleaned
    assert clean_names([given, "Ada"]) == [cleaned or "", "Ada"]


def test_a_row_whose_extra_columns_fail_still_reports_all_the_rest() -> None:
    row = GOOD._replace(email="a@b", attributes={"note": "\x00"})
    judged = judge(row)
    assert judged.codes == (Code.ROW_MALFORMED, Code.EMAIL_INVALID)
    failure = failure_of(judged, number=1, codes=judged.codes)
    assert failure.reason == f"{judged.reason}; email is not valid"
    # What he is found by if he is to be forgotten.
    assert (failure.email_key, failure.cellphone_key) == (None, judged.cellphone)
    assert judged.cellphone


@pytest.mark.parametrize("number", [14155552671, 1.5e10])
def test_a_number_that_is_no_text_is_asked_for_as_text(number: object) -> None:
    row = RawRow("Ada", "Lovelace", "ada@example.com", number)
    judged = judge_row(row, region="US", cellphone_required=True)
    assert "send it as text" in failure_of(judged, number=1, codes=judged.codes).reason
