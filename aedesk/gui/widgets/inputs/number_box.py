"""A number field that accepts a point and a comma as the decimal separator, whatever the locale."""

from __future__ import annotations

import re

from PySide6.QtCore import QLocale
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox

_NUMBER = re.compile(r"[+-]?\d*[.,]?\d*")


class NumberBox(QDoubleSpinBox):
    """A spin box that accepts both 0.5 and 0,5.

    Qt takes the separator that is not the locale's for that of groups of digits: in German, 0.5 became 5.
    """

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        plain = self._plain(text)
        if not _NUMBER.fullmatch(plain):
            return QValidator.State.Invalid, text, position
        try:
            within = self.minimum() <= float(plain) <= self.maximum()
        except ValueError:  # a sign, or nothing yet
            within = False
        return QValidator.State.Acceptable if within else QValidator.State.Intermediate, text, position

    def valueFromText(self, text: str) -> float:
        return float(self._plain(text) or "nan")

    def textFromValue(self, value: float) -> str:
        locale = QLocale(self.locale())
        locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
        return locale.toString(value, "f", self.decimals())

    def _plain(self, text: str) -> str:
        return text.removeprefix(self.prefix()).removesuffix(self.suffix()).strip().replace(",", ".")
