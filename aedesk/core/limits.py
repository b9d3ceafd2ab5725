"""The values a setting may have, declared beside the setting and nowhere else.

The fields of a configuration carry their limits in the dataclass's metadata, where checks, forms and messages find them::

    @dataclass(frozen=True)
    class Train:
        lr: float = setting(1e-3, 0, 10, above=True)
"""

from __future__ import annotations

import math
from dataclasses import Field, dataclass, field
from typing import Any

_KEY = "limits"


@dataclass(frozen=True)
class Limits:
    """The values that are allowed.

    Args:
        minimum, maximum: inclusive limits of a number, or of every number in a list; None for no limit.
        unit: stands after the number in messages.
        above, below: the minimum or the maximum itself is not allowed.
        choices: the only values that are allowed; empty for any within the limits.
        length: the fewest and the most entries of a list.
    """

    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    above: bool = False
    below: bool = False
    choices: tuple[Any, ...] = ()
    length: tuple[int, int] | None = None

    def hold(self, value: Any) -> bool:
        """Whether ``value``, of the right type, is allowed. None, for a setting that is left empty, always is."""
        if value is None:
            return True
        entries = value if isinstance(value, (list, tuple)) else (value,)
        if self.length and isinstance(value, (list, tuple)) and not self.length[0] <= len(value) <= self.length[1]:
            return False
        if self.choices:
            return all(entry in self.choices for entry in entries)
        return all(self._holds_number(entry) for entry in entries if isinstance(entry, (int, float)) and not isinstance(entry, bool))

    def _holds_number(self, number: float) -> bool:
        if isinstance(number, float) and not math.isfinite(number):
            return False
        low, high = self.minimum, self.maximum
        above = low is None or (number > low if self.above else number >= low)
        return above and (high is None or (number < high if self.below else number <= high))

    def words(self) -> str:
        """The allowed values, such as "0 to 1", "more than 0 px" or "one of conv, dense"; empty if there is no limit."""
        if self.choices:
            return f"one of {', '.join(map(str, self.choices))}"
        low = "" if self.minimum is None else _digits(self.minimum)
        high = "" if self.maximum is None else _digits(self.maximum)
        unit = f" {self.unit}" if self.unit else ""
        if low and high:
            text = f"{'more than ' if self.above else ''}{low} to {'less than ' if self.below else ''}{high}{unit}"
        elif low:
            text = f"{f'more than {low}' if self.above else f'{low} or more'}{unit}"
        else:
            text = f"at most {high}{unit}" if high else ""
        if self.length is None:
            return text
        fewest, most = self.length
        count = f"{most}" if fewest == most else f"{fewest} to {most}"
        return f"{count} numbers of {text}" if text else f"{count} entries"


def setting(
    default: Any,
    minimum: float | None = None,
    maximum: float | None = None,
    unit: str = "",
    *,
    above: bool = False,
    below: bool = False,
    choices: tuple[Any, ...] = (),
    length: tuple[int, int] | None = None,
) -> Any:
    """A dataclass field with a default and the :class:`Limits` of its values."""
    return field(default=default, metadata={_KEY: Limits(minimum, maximum, unit, above, below, choices, length)})


def limits_of(declared: Field[Any]) -> Limits:
    """The limits of a dataclass field; none if it was not declared by :func:`setting`."""
    found: Limits = declared.metadata.get(_KEY, Limits())
    return found


def _digits(number: float) -> str:
    return str(number) if isinstance(number, int) else f"{number:g}"
