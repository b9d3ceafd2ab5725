"""Sizes, counts and times as people read them: one spelling for the window and the command line."""

from __future__ import annotations

import math

_DECIMAL = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3))
_BINARY = (("GiB", 2.0**30), ("MiB", 2.0**20), ("KiB", 2.0**10))
_COUNTS = (("billion", 1e9), ("million", 1e6), ("thousand", 1e3))


def format_bytes(size_bytes: float, *, binary: bool = False) -> str:
    """Three significant digits in decimal units, as file managers count: "950 B", "43.1 kB", "1.24 MB".

    Args:
        binary: KiB, MiB and GiB instead, as memory is counted.
    """
    for unit, factor in _BINARY if binary else _DECIMAL:
        if size_bytes >= 0.9995 * factor:
            return f"{_three_digits(size_bytes / factor)} {unit}"
    return f"{size_bytes:.0f} B"


def format_count(number: int) -> str:
    """Large numbers in words: 4,208,929 is "4.21 million", 9,999 is "9,999"."""
    for unit, factor in _COUNTS:
        if number >= 10 * factor or (number >= factor and unit != "thousand"):
            return f"{number / factor:.3g} {unit}"
    return f"{number:,}"


def format_duration(seconds: float) -> str:
    """ "8 s", "2 min 05 s", "21 min", "3 h 10 min": seconds only below ten minutes."""
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def format_rate(per_second: float, unit: str) -> str:
    """Three significant digits: "1.52 MP/s", "184 steps/s"."""
    return f"{_three_digits(per_second)} {unit}/s" if unit else f"{_three_digits(per_second)}/s"


def format_psnr(psnr: float | None) -> str:
    """In dB; "exact" for equal pictures, a dash for None."""
    if psnr is None:
        return "\N{EN DASH}"
    return "exact" if psnr == math.inf else f"{psnr:.2f} dB"


def format_relative_size(size: float, other: float) -> str:
    """How much smaller or larger ``size`` is: "38 % smaller", to be followed by "than"."""
    change = size / other - 1
    return f"{abs(change):.0%} {'smaller' if change < 0 else 'larger'}".replace("%", "\N{NO-BREAK SPACE}%")


def _three_digits(value: float) -> str:
    digits = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:.{digits}f}"
