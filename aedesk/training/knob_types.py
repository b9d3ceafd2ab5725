"""What a row of the form is."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Any

KINDS = ("int", "float", "bool", "text", "numbers", "range", "batch")


@dataclass(frozen=True)
class Knob:
    """One setting.

    Args:
        key: its name in its table of the recipe.
        title: for people.
        help: one sentence.
        default: what holds if the recipe does not name it.
        kind: one of ``KINDS``: "numbers" is a list of whole numbers, "range" a lowest and a highest number (or nothing), "batch" a whole
            number or "auto".
        minimum, maximum: inclusive limits of every number in it.
        unit: stands after a number.
        choices: the values that are allowed; empty for any of the kind.
        optional: it may be left empty.
        above: the minimum itself is not allowed; ``below`` the same for the maximum.
    """

    key: str
    title: str
    help: str
    default: Any = None
    kind: str = "float"
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    choices: tuple[Any, ...] = ()
    optional: bool = False
    above: bool = False
    below: bool = False

    def with_default(self, default: Any) -> Knob:
        return replace(self, default=default)

    def problem(self, value: Any) -> str:
        """What is wrong with a value of the right type; empty if nothing is."""
        if value is None:
            return "" if self.optional or (self.default is None and self.kind == "range") else "This cannot be left empty."
        if self.choices and value not in self.choices:
            return f"Choose one of {', '.join(map(str, self.choices))}."
        numbers = value if isinstance(value, (list, tuple)) else [value]
        for number in numbers:
            if isinstance(number, (int, float)) and not isinstance(number, bool) and not self._holds(number):
                return f"Choose {self.limits()}."
        if self.kind == "range" and len(numbers) == 2 and numbers[0] > numbers[1]:
            return "The lowest stands first."
        return ""

    def limits(self) -> str:
        """The limits in words, such as "0 to 1" or "more than 0"; empty without."""
        unit = f" {self.unit}" if self.unit else ""
        low = "" if self.minimum is None else f"{self.minimum:g}"
        high = "" if self.maximum is None else f"{self.maximum:g}"
        if low and high:
            words = f"{'more than ' if self.above else ''}{low} to {'less than ' if self.below else ''}{high}"
        elif low:
            words = f"more than {low}" if self.above else f"{low} or more"
        else:
            words = f"at most {high}" if high else ""
        return words + unit if words else ""

    def show(self, value: Any) -> str:
        """A value as it stands in a field; empty for nothing."""
        if value is None:
            return ""
        if isinstance(value, (list, tuple)):
            return (" to " if self.kind == "range" else ", ").join(_digits(each) for each in value)
        return _digits(value)

    def read(self, text: str) -> Any:
        """The value that a text stands for, None for an empty one. Raises ValueError with the reason for people."""
        text = text.strip()
        if self.kind == "text":
            return text or None
        if not text:
            if self.kind == "numbers":
                return []
            return None
        if self.kind == "batch" and text.lower() == "auto":
            return "auto"
        if self.kind in ("int", "batch"):
            return _number(text, int)
        if self.kind == "numbers":
            return [_number(each, int) for each in re.split(r"[,\s]+", text.strip(", "))]
        if self.kind == "range":
            ends = [_number(each, float) for each in re.split(r"\s*(?:to|,|;|\u2013)\s*|\s+", text) if each]
            if len(ends) > 2:
                raise ValueError("Give the lowest and the highest, as in 0 to 50.")
            return [ends[0], ends[-1]]
        return _number(text, float)

    def _holds(self, number: float) -> bool:
        low, high = self.minimum, self.maximum
        if not math.isfinite(number):
            return False
        above = low is None or (number > low if self.above else number >= low)
        return above and (high is None or (number < high if self.below else number <= high))


def _digits(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _number(text: str, kind: type[int] | type[float]) -> int | float:
    """A whole number stays one, whatever is asked for, so that a recipe keeps its look."""
    plain = text.replace("_", "").replace(" ", "")
    try:
        return int(plain)
    except ValueError:
        pass
    try:
        number = float(plain)
    except ValueError:
        raise ValueError(f"{text!r} is not a number.") from None
    if kind is int:
        if number.is_integer():
            return int(number)
        raise ValueError(f"{text} is not a whole number.")
    return number
