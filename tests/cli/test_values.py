"""What people may type for sizes, lists and numbers."""

from __future__ import annotations

import argparse

import pytest

from aedesk.cli.values import list_of, number, size_bytes, whole


@pytest.mark.parametrize(
    ("text", "size"),
    [("1", 1), ("200000", 200_000), ("200k", 200_000), ("200kB", 200_000), ("1.5M", 1_500_000), ("1.5MB", 1_500_000), ("12B", 12)],
)
def test_sizes_are_bytes_thousands_or_millions(text: str, size: int) -> None:
    assert size_bytes(text) == size


@pytest.mark.parametrize("text", ["", "k", "0", "-5", "0.5", "nan", "inf", "1e400", "12q", "1kk", "1kM", "1,5M", "k12"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not a size"):
        size_bytes(text)


def test_whole_numbers_keep_to_both_limits() -> None:
    parse = list_of(whole(0, 100))
    assert parse("0,50,100") == (0, 50, 100)
    for text in ("", "0,", "101", "-1", "1.5"):
        with pytest.raises(argparse.ArgumentTypeError, match="from 0 to 100"):
            parse(text)
    with pytest.raises(argparse.ArgumentTypeError, match="from 16 up"):
        whole(16)("15")


@pytest.mark.parametrize(("text", "value"), [("0.5", 0.5), ("0,5", 0.5), ("1", 1.0)])
def test_a_number_may_have_a_point_or_a_comma(text: str, value: float) -> None:
    assert number(0, 1)(text) == value


@pytest.mark.parametrize("text", ["1,5", "0,5,5", "1.000,5", "nan", "", "x"])
def test_what_is_no_number_within_the_limits_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not a number from 0 to 1"):
        number(0, 1)(text)
