from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QDoubleSpinBox, QPushButton, QRadioButton, QToolButton
from pytestqt.qtbot import QtBot

from aedesk.core.errors import SpecError
from aedesk.core.resources import resource_path
from aedesk.gui.widgets.style import icons, theme

LOOKS = ("light", "dark")
TEXT_ON_GROUND = [
    *[(text, ground) for text in ("text", "muted") for ground in ("window", "base", "alternate", "button", "hover")],
    *[("accent", ground) for ground in ("window", "base")],
    *[(level, ground) for level in ("success", "warning", "error") for ground in ("window", "base")],
    ("text", "pressed"),
    ("accent_text", "accent"),
    ("accent_text", "accent_hover"),
    ("text", "info_ground"),
    ("text", "warning_ground"),
    ("text", "error_ground"),
]
EDGES = [("border", "window"), ("border", "base"), ("border", "button"), ("accent", "button"), ("accent", "pressed"), ("text", "accent")]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours by WCAG 2.2."""

    def luminance(name: str) -> float:
        parts = [int(name[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture
def app(qapp: QApplication) -> Iterator[QApplication]:
    yield qapp
    theme.apply(qapp, "light")


def test_the_contrast_measure_knows_black_and_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_text_is_legible(look: str, text: str, ground: str) -> None:
    table = theme.colours(look)
    assert contrast(table[text], table[ground]) >= 4.5


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(("edge", "ground"), EDGES)
def test_edges_and_focus_rings_can_be_seen(look: str, edge: str, ground: str) -> None:
    table = theme.colours(look)
    floor = 1.5 if (edge, ground) == ("text", "accent") else 3.0  # beside a ring there is also its ground
    assert contrast(table[edge], table[ground]) >= floor


def test_both_looks_name_the_same_colours() -> None:
    assert set(theme.colours("light")) == set(theme.colours("dark"))


@pytest.mark.parametrize("look", LOOKS)
def test_the_style_sheet_is_complete_and_its_files_exist(look: str) -> None:
    sheet = theme.style_sheet(look)
    assert "$" not in sheet
    files = re.findall(r'url\("([^"]+)"\)', sheet)
    assert files
    assert all(Path(file).is_file() for file in files)


def test_the_chosen_theme_is_applied_and_emitted(qtbot: QtBot, app: QApplication) -> None:
    follower = theme.apply(app, "dark")
    assert theme.current_look() == "dark"
    assert app.palette().color(QPalette.ColorRole.Window) == QColor(theme.colours("dark")["window"])
    with qtbot.waitSignal(follower.changed) as seen:
        theme.apply(app, "light")
    assert seen.args == ["light"]
    assert theme.colour("text") == QColor(theme.colours("light")["text"])


def test_applying_again_does_not_add_another_follower(app: QApplication) -> None:
    assert theme.apply(app, "system") is theme.apply(app, "dark")


def test_an_unknown_scheme_is_refused(app: QApplication) -> None:
    with pytest.raises(SpecError, match="'sepia'"):
        theme.apply(app, "sepia")


@pytest.mark.parametrize("kind", [QPushButton, QToolButton, QComboBox, QDoubleSpinBox, QCheckBox, QRadioButton])
def test_controls_are_large_enough_to_hit(qtbot: QtBot, app: QApplication, kind: type) -> None:
    theme.apply(app, "light")
    control = kind()
    qtbot.addWidget(control)
    control.ensurePolished()
    assert control.sizeHint().height() >= 24


@pytest.mark.parametrize("name", icons.names())
def test_every_icon_is_drawn_in_the_colour_of_the_text(app: QApplication, name: str) -> None:
    source = resource_path("icons", "actions", f"{name}.svg").read_text(encoding="utf-8")
    assert "currentColor" in source
    assert not re.search(r"#[0-9a-fA-F]{3}", source)
    for look in LOOKS:
        theme.apply(app, look)
        image = icons.icon(name).pixmap(QSize(24, 24), 4.0).toImage()
        assert image.size() == QSize(96, 96)
        everything = [image.pixelColor(x, y) for y in range(96) for x in range(96)]
        solid = [colour for colour in everything if colour.alpha() > 250]
        assert len(solid) > 200
        text = app.palette().color(QPalette.ColorRole.ButtonText)
        assert all(abs(colour.lightness() - text.lightness()) < 12 for colour in solid)


def test_an_icon_that_exists_already_follows_a_new_look(app: QApplication) -> None:
    theme.apply(app, "light")
    kept = icons.icon("open")
    light = kept.pixmap(24, 24).toImage()
    theme.apply(app, "dark")
    assert kept.pixmap(24, 24).toImage() != light


def test_disabled_icons_are_paler(app: QApplication) -> None:
    theme.apply(app, "light")
    kept = icons.icon("run")
    assert kept.pixmap(QSize(24, 24), QIcon.Mode.Disabled).toImage() != kept.pixmap(QSize(24, 24), QIcon.Mode.Normal).toImage()


def test_the_icons_of_the_window_exist() -> None:
    wanted = (
        "open save export undo redo run cancel zoom-fit zoom-100 single split side-by-side three-views difference add-noise device help"
    )
    assert set(f"{wanted} settings retry remove".split()) <= set(icons.names())


def test_an_unknown_icon_is_refused_by_name() -> None:
    with pytest.raises(SpecError, match="'saev'"):
        icons.icon("saev")


def test_the_programs_icon_comes_in_all_sizes(app: QApplication) -> None:
    assert {size.width() for size in icons.app_icon().availableSizes()} == {16, 24, 32, 48, 64, 128, 256, 512}
    folder = resource_path("icons", "app")
    with Image.open(folder / "aedesk.ico") as windows, Image.open(folder / "aedesk.icns") as apple:
        assert (16, 16) in windows.info["sizes"]
        assert (256, 256) in windows.info["sizes"]
        assert (512, 512, 1) in apple.info["sizes"]
