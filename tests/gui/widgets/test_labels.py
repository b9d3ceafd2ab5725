"""Labels for names of any length."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from aedesk.gui.widgets.labels import ElidedLabel, WrappedLabel, elide_middle, elide_words

LONG = "holiday-" * 24 + ".jpg"


def test_an_elided_name_keeps_its_beginning_and_its_suffix() -> None:
    short = elide_middle(LONG, 20)
    assert len(short) == 20
    assert short.startswith("holiday-")
    assert short.endswith(".jpg")
    assert elide_middle("a.jpg", 20) == "a.jpg"


def test_only_long_words_of_a_sentence_are_elided() -> None:
    text = elide_words(f"The file {LONG} cannot be read.", 20)
    assert text.startswith("The file holiday-")
    assert text.endswith(".jpg cannot be read.")
    assert len(text) < 60


def test_an_elided_label_fits_any_width_and_shows_the_whole_name_in_its_tooltip(qtbot: QtBot) -> None:
    whole, label = QWidget(), ElidedLabel(LONG)
    qtbot.addWidget(whole)
    QHBoxLayout(whole).addWidget(label)
    whole.resize(200, 40)
    whole.show()
    qtbot.waitExposed(whole)
    assert whole.width() == 200
    assert label.text() == label.toolTip() == LONG
    assert "\N{HORIZONTAL ELLIPSIS}" in QLabel.text(label)
    whole.resize(3000, 40)
    assert (QLabel.text(label), label.toolTip()) == (LONG, "")


def test_a_wrapped_label_does_not_grow_with_the_longest_word(qtbot: QtBot) -> None:
    whole, label = QWidget(), WrappedLabel()
    qtbot.addWidget(whole)
    QVBoxLayout(whole).addWidget(label)
    label.setText(f"{LONG} has unsaved changes.")
    assert whole.minimumSizeHint().width() < 400
    assert label.text().startswith(LONG)
    assert LONG in label.toolTip()
