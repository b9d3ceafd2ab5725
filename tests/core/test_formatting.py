"""Sizes, counts and times as people read them."""

from __future__ import annotations

import pytest

from aedesk.core.formatting import format_bytes, format_count, format_duration, format_psnr, format_rate, format_relative_size


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (950, "950 B"), (999.6, "1.00 kB"), (43_120, "43.1 kB"), (1_240_000, "1.24 MB"), (236e6, "236 MB"), (2.1e9, "2.10 GB")],
)
def test_sizes_have_three_significant_digits_and_decimal_units(size: float, text: str) -> None:
    assert format_bytes(size) == text


def test_memory_is_counted_in_binary_units() -> None:
    assert format_bytes(141 << 30, binary=True) == "141 GiB"
    assert format_bytes(1023, binary=True) == "1023 B"


def test_psnr_has_a_word_for_equal_pictures_and_a_dash_for_unknown() -> None:
    assert [format_psnr(value) for value in (31.456, float("inf"), None)] == ["31.46 dB", "exact", "\N{EN DASH}"]


def test_a_relative_size_says_smaller_or_larger() -> None:
    assert format_relative_size(62, 100) == "38\N{NO-BREAK SPACE}% smaller"
    assert format_relative_size(150, 100) == "50\N{NO-BREAK SPACE}% larger"


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (9_999, "9,999"), (12_345, "12.3 thousand"), (4_208_929, "4.21 million"), (3_000_000_000, "3 billion")]
)
def test_large_counts_are_written_in_words(number: int, text: str) -> None:
    assert format_count(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (0.4, "0 s"),
        (59, "59 s"),
        (65, "1 min 05 s"),
        (1245, "21 min"),
        (3599, "1 h 00 min"),
        (5647, "1 h 34 min"),
        (11400, "3 h 10 min"),
    ],
)
def test_times_have_at_most_two_units(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("rate", "unit", "text"),
    [(1.519, "MP", "1.52 MP/s"), (184.2, "steps", "184 steps/s"), (12.34, "", "12.3/s"), (99.99, "MP", "100 MP/s")],
)
def test_rates_have_three_significant_digits(rate: float, unit: str, text: str) -> None:
    assert format_rate(rate, unit) == text
