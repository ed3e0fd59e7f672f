"""How large JSON is without its escapes, told while it comes in."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from import_svc.http.body_sizes import UnescapedSize

ESCAPED = '"\\\n\t/u0041é工😀'


def counted(*pieces: bytes) -> int:
    size = UnescapedSize()
    for piece in pieces:
        size.feed(piece)
    return size.counted


@given(
    text=st.text(st.sampled_from(ESCAPED)),
    only_ascii=st.booleans(),
    cuts=st.lists(st.integers(0, 200), max_size=5),
)
def test_a_text_is_never_counted_as_larger_than_it_is(
    text: str, *, only_ascii: bool, cuts: list[int]
) -> None:
    content = json.dumps(text, ensure_ascii=only_ascii).encode()
    places = sorted({0, *cuts, len(content)})
    pieces = [content[start:end] for start, end in itertools.pairwise(places)]
    actual = len(text.encode()) + len('""')
    assert actual / 3 <= counted(*pieces) <= actual
    if not only_ascii:
        assert counted(*pieces) == actual


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (rb"\u0041", 1),
        (rb"\\u0041", 6),
        (rb"\\\u0041", 2),
        (rb"\"\/\n", 3),
        (rb"\\\\", 2),
        (rb"\ud83d\ude00", 2),
    ],
)
def test_an_escape_is_counted_as_one_byte(content: bytes, expected: int) -> None:
    assert counted(content) == expected
    assert counted(*(bytes([each]) for each in content)) == expected
