"""Sizes and rates as people read them."""

from __future__ import annotations

KILO, MEGA = 1000, 1_000_000


def size_words(size_bytes: float) -> str:
    """Bytes in the units of file managers: 950 B, 43.1 KB, 1.24 MB."""
    if size_bytes < KILO:
        return f"{size_bytes:.0f} B"
    return f"{size_bytes / KILO:.1f} KB" if size_bytes < MEGA else f"{size_bytes / MEGA:.2f} MB"


def psnr_words(psnr: float | None) -> str:
    """In dB; equal pictures have no noise at all."""
    if psnr is None:
        return "\N{EN DASH}"
    return "exact" if psnr == float("inf") else f"{psnr:.2f} dB"


def share_words(size: float, other: float) -> str:
    """How much smaller or larger: "38 % smaller", to be followed by "than"."""
    change = size / other - 1
    return f"{abs(change):.0%} {'smaller' if change < 0 else 'larger'}".replace("%", "\N{NO-BREAK SPACE}%")
