"""Types of option values, with messages for argparse."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def number(low: float, high: float) -> Callable[[str], float]:
    """A number within the limits, limits included."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low:g} to {high:g}")
        return value

    return parse


def whole(low: int) -> Callable[[str], int]:
    """A whole number of at least ``low``."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if value < low:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} up")
        return value

    return parse


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
