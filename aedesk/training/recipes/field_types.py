"""What a row of the form is."""

from __future__ import annotations

import re
from dataclasses import MISSING, Field, dataclass, replace
from typing import Any

from aedesk.core.limits import Limits, limits_of

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
        length: the fewest and the most numbers of a list.
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
    length: tuple[int, int] | None = None

    def with_default(self, default: Any) -> Knob:
        return replace(self, default=default)

    def declared_by(self, field: Field[Any]) -> Knob:
        """The same row with the default and the limits of a dataclass's field."""
        limits = limits_of(field)
        return replace(
            self,
            default=None if field.default is MISSING else field.default,
            minimum=limits.minimum,
            maximum=limits.maximum,
            unit=limits.unit,
            choices=limits.choices if self.kind != "numbers" else (),
            above=limits.above,
            below=limits.below,
            length=limits.length,
        )

    @property
    def allowed(self) -> Limits:
        return Limits(self.minimum, self.maximum, self.unit, self.above, self.below, self.choices, self.length)

    def problem(self, value: Any) -> str:
        """What is wrong with a value of the right type; empty if nothing is."""
        if value is None:
            return "" if self.optional or (self.default is None and self.kind == "range") else "This cannot be left empty."
        if not self.allowed.hold(value):
            return f"Choose {self.allowed.words()}."
        if self.kind == "range" and isinstance(value, (list, tuple)) and len(value) == 2 and value[0] > value[1]:
            return "The lowest stands first."
        return ""

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
            between = r"\s*(?:to|;|\u2013|,\s)\s*|\s+"  # a comma alone parts two numbers only if nothing else does
            parts = re.split(between, text) if re.search(between, text) else text.split(",")
            ends = [_number(each, float) for each in parts if each]
            if len(ends) > 2:
                raise ValueError("Give the lowest and the highest, as in 0 to 50.")
            return [ends[0], ends[-1]]
        return _number(text, float)


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
        number = float(plain.replace(",", "."))
    except ValueError:
        raise ValueError(f"{text!r} is not a number.") from None
    if kind is int:
        if number.is_integer():
            return int(number)
        raise ValueError(f"{text} is not a whole number.")
    return number
