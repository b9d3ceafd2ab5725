"""Numbers have one spelling each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aedesk.formats.varint import MAX, read_varint, write_varint


@pytest.mark.parametrize(
    ("value", "spelled"), [(0, "00"), (127, "7f"), (128, "8001"), (300, "ac02"), (30_000, "b0ea01"), (MAX, "ffffffff0f")]
)
def test_numbers_are_spelled_as_in_the_specification(value: int, spelled: str) -> None:
    assert write_varint(value).hex() == spelled
    assert read_varint(b"??" + bytes.fromhex(spelled) + b"?", 2) == (value, 2 + len(spelled) // 2)


@given(st.integers(0, MAX))
def test_any_number_comes_back(value: int) -> None:
    assert read_varint(write_varint(value), 0)[0] == value


@given(st.binary(max_size=7))
def test_what_is_read_would_be_written_alike(data: bytes) -> None:
    try:
        value, end = read_varint(data, 0)
    except ValueError:
        return
    assert write_varint(value) == data[:end]


@pytest.mark.parametrize("wrong", ["", "80", "8000", "ffffffff1f", "ffffffffff01", "808080808000"])
def test_other_spellings_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="no such number"):
        read_varint(bytes.fromhex(wrong), 0)


@pytest.mark.parametrize("value", [-1, MAX + 1])
def test_numbers_that_do_not_fit_are_refused(value: int) -> None:
    with pytest.raises(ValueError, match="is not from 0"):
        write_varint(value)
