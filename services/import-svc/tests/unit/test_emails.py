"""The fast verdict on an address is email-validator's verdict."""

import json
from pathlib import Path

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from import_svc.domain.emails import normalise_email
from leadwire.emails import email_key

ADDRESSES = [
    "ada@example.com",
    "Ada.Lovelace@EXAMPLE.com",
    "INFO@x.com",
    "Info@X.com",
    "a+b_c-d@sub.domain.co.uk",
    "o'brien@x.com",
    "a@b",
    "a@1.2.3.4",
    "a@x.c",
    "a@x.co1",
    "a@x.c-m",
    "a@x--y.com",
    "a@ab--y.com",
    "a@ab.cd--y.com",
    "a@-x.com",
    "a@x-.com",
    "a@x_y.com",
    "a@x..com",
    "a@x.com.",
    ".a@x.com",
    "a.@x.com",
    "a..b@x.com",
    "a@x.local",
    "a@x.LOCALHOST",
    "a@x.test",
    "a@x.locals",
    "a@bücher.de",
    "a@xn--bcher-kva.de",
    "a@😀.com",
    "é@x.com",
    '"a b"@x.com',
    "a b@x.com",
    "a@x.com\n",
    "a@x.com\x00",
    "Ada <ada@x.com>",
    "@x.com",
    "a@",
    "a@@x.com",
    "x" * 64 + "@x.com",
    "x" * 65 + "@x.com",
    "a@" + "x" * 63 + ".com",
    "a@" + "x" * 64 + ".com",
    "a@" + ".".join(["x" * 60] * 4) + ".com",
    "a@" + ".".join(["x" * 60] * 5) + ".com",
    "\uff41@x.com",
    "a\uff20x.com",
]


# The addresses of email-validator's own tests (2.4.0, public domain), right and wrong.
PUBLISHED: list[str] = json.loads(
    Path(__file__).with_name("email_validator_addresses.json").read_text()
)


def judged_by_reference(text: str) -> str | None:
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


@pytest.mark.parametrize("address", ADDRESSES)
def test_known_addresses_get_the_reference_verdict(address: str) -> None:
    assert normalise_email(address) == judged_by_reference(address)


@pytest.mark.parametrize("address", PUBLISHED, ids=ascii)
def test_the_addresses_of_its_own_tests_get_the_reference_verdict(address: str) -> None:
    stripped = address.strip()
    assert normalise_email(stripped) == judged_by_reference(stripped)
    # As a domain written in another case, or one of all: the pattern for plain ones passes more.
    assert normalise_email(stripped.upper()) == judged_by_reference(stripped.upper())


def test_there_are_published_addresses_of_both_kinds() -> None:
    verdicts = [judged_by_reference(address.strip()) for address in PUBLISHED]
    assert sum(verdict is None for verdict in verdicts) > 150
    assert sum(verdict is not None for verdict in verdicts) > 50


# Letters of the world, with what changes in normal form, and what is no letter at all.
LOCALS = st.text(alphabet="aZ0._+-'éñßøλюш李山ہक्षאع\u0301\u200d\ufb01 \"😀", min_size=1, max_size=8)
LABELS = st.text(alphabet="aZ09-éüßλю中क्षשا\u0301\u00ad\u200c。😀", min_size=1, max_size=6)
TLDS = st.sampled_from(["com", "DE", "рф", "中国", "xn--p1ai", "ελ", "भारत", "c", "c0m", "test"])


@given(LOCALS, st.lists(LABELS, min_size=1, max_size=2), TLDS)
def test_addresses_of_the_world_get_the_reference_verdict(
    local: str, labels: list[str], tld: str
) -> None:
    address = f"{local}@{'.'.join([*labels, tld])}".strip()
    assert normalise_email(address) == judged_by_reference(address)


@pytest.mark.parametrize(
    ("address", "normal"),
    [
        ("jos\u0065\u0301@bu\u0308cher.DE", "josé@bücher.de"),
        ("ada@XN--BCHER-KVA.de", "ada@bücher.de"),
        ("пример@почта.рф", "пример@почта.рф"),
        ("用户@例子.中国", "用户@例子.中国"),
        ("उदाहरण@उदाहरण.भारत", "उदाहरण@उदाहरण.भारत"),
        ("ada@faß.de", "ada@faß.de"),
    ],
)
def test_an_address_in_two_writings_is_one(address: str, normal: str) -> None:
    assert normalise_email(address) == normal == judged_by_reference(address)


@given(
    st.from_regex(
        r"\A[A-Za-z0-9_+.\-'éß]{1,8}@([A-Za-z0-9\-_ü]{1,5}\.){1,3}(com|test|local|c1|x|INVALID)\Z"
    )
)
def test_any_address_gets_the_reference_verdict(address: str) -> None:
    assert normalise_email(address) == judged_by_reference(address)


@pytest.mark.parametrize("text", ["\ud800@x.com", "a@\ud800.com", "x" * 100_000 + "@x.com"])
def test_text_that_cannot_be_an_address_is_refused(text: str) -> None:
    assert normalise_email(text) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ÉMILE@example.com", "émile@example.com"),
        ("J\u030cAN@example.com", "ǰan@example.com"),
        ("ΝΙΚΟΣ.ΠΑΠΑΣ@example.com", "νικος.παπας@example.com"),
        ("ΝΙΚΟΣ2@example.com", "νικος2@example.com"),  # noqa: RUF001
    ],
)
def test_addresses_that_differ_in_case_have_one_key(one: str, other: str) -> None:
    normal = [str(normalise_email(each)) for each in (one, other)]
    assert email_key(normal[0]) == email_key(normal[1])
    assert email_key(email_key(normal[0])) == email_key(normal[0])
