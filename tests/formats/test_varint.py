"""Each number has exactly one encoding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aedesk.formats.varint import MAX, read_varint, write_varint


@pytest.mark.parametrize(
    ("value", "encoded"), [(0, "00"), (127, "7f"), (128, "8001"), (300, "ac02"), (30_000, "b0ea01"), (MAX, "ffffffff0f")]
)
def test_numbers_are_encoded_as_in_the_specification(value: int, encoded: str) -> None:
    assert write_varint(value).hex() == encoded
    assert read_varint(b"??" + bytes.fromhex(encoded) + b"?", 2) == (value, 2 + len(encoded) // 2)


@given(st.integers(0, MAX))
def test_any_number_is_decoded(value: int) -> None:
    assert read_varint(write_varint(value), 0)[0] == value


@given(st.binary(max_size=7))
def test_accepted_bytes_are_the_canonical_encoding(data: bytes) -> None:
    try:
        value, end = read_varint(data, 0)
    except ValueError:
        return
    assert write_varint(value) == data[:end]


@pytest.mark.parametrize("wrong", ["", "80", "8000", "ffffffff1f", "ffffffffff01", "808080808000"])
def test_other_encodings_are_rejected(wrong: str) -> None:
    with pytest.raises(ValueError, match="not a valid number"):
        read_varint(bytes.fromhex(wrong), 0)


@pytest.mark.parametrize("value", [-1, MAX + 1])
def test_numbers_out_of_range_are_rejected(value: int) -> None:
    with pytest.raises(ValueError, match="is not from 0"):
        write_varint(value)
