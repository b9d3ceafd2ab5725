"""Types of option values, with messages for argparse."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable


def number(low: float, high: float) -> Callable[[str], float]:
    """A number within the limits, limits included; with a point or, as in many languages, a comma."""

    def parse(text: str) -> float:
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low:g} to {high:g}")
        return value

    return parse


def all_or(parse: Callable[[str], int]) -> Callable[[str], int | str]:
    """The word "all", or a value."""
    return lambda text: text if text == "all" else parse(text)


def whole(low: int, high: int | None = None) -> Callable[[str], int]:
    """A whole number of at least ``low`` and, if that is given, at most ``high``."""
    limits = f"from {low} up" if high is None else f"from {low} to {high}"

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if value < low or (high is not None and value > high):
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number {limits}")
        return value

    return parse


def size_bytes(text: str) -> int:
    """A size such as 200000, 200k (1000 bytes each) or 1.5M."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kM]?)B?", text)
    value = float(match[1]) * {"": 1, "k": 1_000, "M": 1_000_000}[match[2]] if match else 0
    if not 1 <= value < 2**62:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 200000, 200k or 1.5M")
    return int(value)


def list_of(parse: Callable[[str], int]) -> Callable[[str], tuple[int, ...]]:
    """Several values with commas between them."""

    def parse_all(text: str) -> tuple[int, ...]:
        return tuple(parse(part) for part in text.split(","))

    return parse_all


def auto_or(parse: Callable[[str], float]) -> Callable[[str], float | None]:
    """``auto`` as None, or a number."""

    def parse_either(text: str) -> float | None:
        return None if text == "auto" else parse(text)

    return parse_either


def device(text: str) -> str:
    kind, _, index = text.partition(":")
    if text not in ("auto", "cpu", "cuda") and not (kind == "cuda" and index.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not auto, cpu or cuda:N")
    return text
