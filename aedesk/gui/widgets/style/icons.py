"""The action icons: monochrome SVGs that are painted in the text colour."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer

from aedesk.core.errors import SpecError
from aedesk.core.resources import resource_path


def names() -> list[str]:
    """Returns the names of all action icons."""
    return sorted(path.stem for path in resource_path("icons", "actions").glob("*.svg"))


def icon(name: str) -> QIcon:
    """Returns the action icon ``name`` ("open", "split", ...), which follows the palette.

    Raises:
        SpecError: there is no such icon.
    """
    _source(name)
    return QIcon(_Engine(name))


def app_icon() -> QIcon:
    """Returns the application icon in all sizes."""
    made = QIcon()
    for path in sorted(resource_path("icons", "app").glob("aedesk-*.png")):
        made.addFile(str(path))
    return made


@cache
def _source(name: str) -> str:
    path = resource_path("icons", "actions", f"{name}.svg")
    if not path.is_file():
        raise SpecError(f"There is no icon {name!r}.", f"Known: {', '.join(names())}.")
    return path.read_text(encoding="utf-8")


@cache
def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode()))


class _Engine(QIconEngine):
    """Draws the SVG in the palette's current colour, so that a change of the theme needs no new icons."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def clone(self) -> QIconEngine:
        return _Engine(self._name)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        group = QPalette.ColorGroup.Disabled if mode == QIcon.Mode.Disabled else QPalette.ColorGroup.Normal
        role = QPalette.ColorRole.HighlightedText if mode == QIcon.Mode.Selected else QPalette.ColorRole.ButtonText
        colour: QColor = QGuiApplication.palette().color(group, role)
        _renderer(self._name, colour.name()).render(painter, QRectF(rect))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        """``size`` is in device-independent pixels (since Qt 6.8)."""
        made = QPixmap(size * scale)
        made.setDevicePixelRatio(scale)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return made
