from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDoubleSpinBox, QPushButton, QSlider, QToolButton
from pytestqt.qtbot import QtBot

from aedesk.gui.widgets.banner import Banner
from aedesk.gui.widgets.busy_label import BusyLabel
from aedesk.gui.widgets.inputs.sliders import LabeledSlider


@pytest.fixture
def slider(qtbot: QtBot) -> LabeledSlider:
    made = LabeledSlider("Noise level", 0, 100, 25, unit="/255", decimals=1)
    qtbot.addWidget(made)
    made.show()
    return made


def test_slider_and_number_show_the_same_value(slider: LabeledSlider) -> None:
    slider.findChild(QSlider).setValue(333)
    assert slider.value == pytest.approx(33.3)
    assert slider.findChild(QDoubleSpinBox).value() == pytest.approx(33.3)
    slider.findChild(QDoubleSpinBox).setValue(12.5)
    assert slider.findChild(QSlider).value() == 125


def test_a_value_is_set_exactly_and_within_limits(slider: LabeledSlider) -> None:
    slider.set_value(7.4)
    assert slider.value == pytest.approx(7.4)
    slider.set_value(1000)
    assert slider.value == 100


def test_one_change_is_emitted_once(qtbot: QtBot, slider: LabeledSlider) -> None:
    seen: list[float] = []
    slider.value_changed.connect(seen.append)
    slider.set_value(40)
    slider.set_value(40)
    slider.findChild(QSlider).setValue(500)
    assert seen == [40, 50]


def test_a_drag_is_committed_at_its_end_and_a_key_at_once(qtbot: QtBot, slider: LabeledSlider) -> None:
    inner, committed = slider.findChild(QSlider), []
    slider.value_committed.connect(committed.append)
    inner.setSliderDown(True)
    inner.setSliderPosition(600)
    inner.setSliderPosition(700)
    assert committed == []
    inner.setSliderDown(False)
    assert committed == [70]
    qtbot.keyClick(inner, Qt.Key.Key_Right)
    assert committed == [70, pytest.approx(70.1)]


def test_the_parts_of_a_slider_have_names_for_assistive_tools(slider: LabeledSlider) -> None:
    assert slider.accessibleName() == "Noise level"
    assert slider.findChild(QDoubleSpinBox).accessibleName() == "Noise level"
    assert slider.findChild(QSlider).accessibleName() == "Noise level slider"


@pytest.fixture
def banner(qtbot: QtBot) -> Banner:
    made = Banner()
    qtbot.addWidget(made)
    return made


def test_a_banner_shows_the_latest_message_until_it_is_dismissed(qtbot: QtBot, banner: Banner) -> None:
    assert banner.isHidden()
    banner.show_message("info", "Saved a.png.")
    banner.show_message("error", "Cannot read b.png.")
    assert (banner.level, banner.text) == ("error", "Cannot read b.png.")
    assert banner.accessibleDescription() == "error: Cannot read b.png."
    banner.findChild(QToolButton, "bannerClose").click()
    assert banner.isHidden()
    assert banner.text == ""


def test_the_action_of_a_banner_is_called_once_and_dismisses_it(banner: Banner) -> None:
    calls: list[str] = []
    banner.show_message("warning", "The worker stopped.", action="Try again", on_action=lambda: calls.append("again"))
    button = banner.findChild(QPushButton, "bannerAction")
    assert button.isVisible()
    button.click()
    assert calls == ["again"]
    assert banner.isHidden()
    banner.show_message("info", "Nothing to do here.")
    assert not button.isVisible()


def test_text_from_a_file_name_is_not_read_as_markup(banner: Banner) -> None:
    banner.show_message("error", "Cannot read <b>x</b>.png.")
    assert banner.findChild(object, "bannerText").textFormat() == Qt.TextFormat.PlainText


def test_an_unknown_level_is_refused(banner: Banner) -> None:
    with pytest.raises(ValueError, match="fatal"):
        banner.show_message("fatal", "x")


def test_the_ring_turns_only_while_it_is_busy_and_seen(qtbot: QtBot) -> None:
    label = BusyLabel("Worker: ready")
    qtbot.addWidget(label)
    label.set_busy(True, "Worker: starting")
    assert label._timer_id == 0
    label.show()
    assert label._timer_id != 0
    angle = label._angle
    qtbot.waitUntil(lambda: label._angle != angle)
    label.set_busy(False, "Worker: ready")
    assert label._timer_id == 0
    assert (label.text, label.accessibleName(), label.busy) == ("Worker: ready", "Worker: ready", False)
