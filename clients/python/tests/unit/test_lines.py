import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadwire_client import ProtocolError
from leadwire_client._core.lines import LineDecoder

TEXT = '{"a":"x\u2028y\u2029z\u0085\x0b\x0c"}\n\n  \r\n{"b":1}\r\nrest'.encode()
LINES = ['{"a":"x\u2028y\u2029z\u0085\x0b\x0c"}'.encode(), b'{"b":1}\r']


def test_lines_are_the_same_byte_by_byte() -> None:
    decoder = LineDecoder()
    lines = [line for byte in TEXT for line in decoder.feed(bytes([byte]))]
    assert lines == LINES


@pytest.mark.parametrize("cut", range(len(TEXT) + 1))
def test_lines_are_the_same_wherever_they_are_cut(cut: int) -> None:
    decoder = LineDecoder()
    assert [*decoder.feed(TEXT[:cut]), *decoder.feed(TEXT[cut:])] == LINES


@given(st.lists(st.binary(max_size=20)))
def test_any_pieces_give_the_lines_of_the_whole(pieces: list[bytes]) -> None:
    decoder = LineDecoder()
    found = [line for piece in pieces for line in decoder.feed(piece)]
    *complete, _ = b"".join(pieces).split(b"\n")
    assert found == [line for line in complete if line.strip()]


def test_a_line_that_never_ends_is_refused() -> None:
    decoder = LineDecoder(most_bytes=10)
    assert list(decoder.feed(b"12345")) == []
    with pytest.raises(ProtocolError, match="longer than 10 bytes"):
        list(decoder.feed(b"678901"))
