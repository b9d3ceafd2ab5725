"""Numbers may be typed with a point or a comma, in every language."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QLocale, Qt
from pytestqt.qtbot import QtBot

from aedesk.gui.panels.compress.target_controls import TargetControls
from aedesk.gui.widgets.inputs.number_box import NumberBox
from aedesk.gui.widgets.inputs.sliders import LabeledSlider


@pytest.fixture(params=["de_DE", "en_US", "fr_FR", "C"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    before = QLocale()
    QLocale.setDefault(QLocale(request.param))
    yield request.param
    QLocale.setDefault(before)


@pytest.mark.parametrize(("typed", "value"), [("0.5", 0.5), ("0,5", 0.5), (".5", 0.5), ("12", 12), ("1234.5", 1234.5), ("-1,25", -1.25)])
def test_both_signs_are_the_decimal_one(qtbot: QtBot, language: str, typed: str, value: float) -> None:
    box = NumberBox()
    qtbot.addWidget(box)
    box.setRange(-10_000, 10_000)
    box.setDecimals(2)
    box.setSuffix(" dB")
    box.selectAll()
    qtbot.keyClicks(box, typed)
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert box.value() == value
    box.interpretText()
    assert box.value() == value


@pytest.mark.parametrize("typed", ["0.5.5", "1,000.5", "abc", "1e5"])
def test_what_is_no_number_cannot_be_typed(qtbot: QtBot, language: str, typed: str) -> None:
    box = NumberBox()
    qtbot.addWidget(box)
    box.setRange(0, 10_000)
    box.setDecimals(2)
    box.setValue(7)
    box.selectAll()
    qtbot.keyClicks(box, typed)
    assert set(box.cleanText()) <= set("0123456789.,")
    assert box.cleanText().count(".") + box.cleanText().count(",") <= 1


def test_what_is_shown_is_read_again(qtbot: QtBot, language: str) -> None:
    box = NumberBox()
    qtbot.addWidget(box)
    box.setRange(0, 1_000_000)
    box.setDecimals(1)
    box.setValue(123_456.5)
    assert box.valueFromText(box.text()) == 123_456.5


def test_the_fields_of_the_window_are_such_boxes(qtbot: QtBot, language: str) -> None:
    slider = LabeledSlider("Amount", 0, 10, 1, decimals=2)
    qtbot.addWidget(slider)
    spin = slider.findChild(NumberBox, "spin")
    spin.selectAll()
    qtbot.keyClicks(spin, "0.5")
    qtbot.keyClick(spin, Qt.Key.Key_Return)
    assert slider.value == 0.5
    aim = TargetControls("quality", 50)
    qtbot.addWidget(aim)
    assert len(aim.findChildren(NumberBox)) >= 3
