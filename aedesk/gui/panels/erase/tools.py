"""The tools of the mask editor: brush, eraser, lasso and rectangle.

Ctrl inverts each of them: the brush erases, the lasso deselects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import Qt

from aedesk.gui.widgets.viewer.tool import Point, Tool
from aedesk.imaging.masks import ERASE, KEEP


class DrawTarget(Protocol):
    """The interface that the tools draw on, implemented by the mask editor."""

    @property
    def radius_px(self) -> float: ...

    def begin(self, title: str) -> None: ...
    def stroke(self, start: Point, end: Point, value: int) -> None: ...
    def polygon(self, corners: Sequence[Point], value: int) -> None: ...
    def rectangle(self, corner: Point, opposite: Point, value: int) -> None: ...
    def end(self) -> None: ...


class Brush:
    """Draws along the mouse; with Shift a straight line from the end of the last stroke."""

    outline: Sequence[Point] = ()

    def __init__(self, target: DrawTarget, value: int) -> None:
        self._target, self._value = target, value
        self._current_value = value
        self._last: Point | None = None

    @property
    def radius_px(self) -> float:
        return self._target.radius_px

    def press(self, at: Point, keys: Qt.KeyboardModifier) -> None:
        self._current_value = _inverted(self._value, keys)
        self._target.begin("Brush" if self._current_value == ERASE else "Eraser")
        straight = self._last is not None and bool(keys & Qt.KeyboardModifier.ShiftModifier)
        self._draw(self._last if straight and self._last is not None else at, at)

    def drag(self, at: Point) -> None:
        self._draw(self._last or at, at)

    def release(self, at: Point) -> None:
        self._target.end()

    def _draw(self, start: Point, end: Point) -> None:
        self._target.stroke(start, end, self._current_value)
        self._last = end


class Lasso:
    """Fills the area that the mouse has surrounded."""

    radius_px = 0.0

    def __init__(self, target: DrawTarget) -> None:
        self._target = target
        self._value = ERASE
        self.outline: list[Point] = []

    def press(self, at: Point, keys: Qt.KeyboardModifier) -> None:
        self._value = _inverted(ERASE, keys)
        self.outline = [at]

    def drag(self, at: Point) -> None:
        if self.outline[-1] != at:
            self.outline.append(at)

    def release(self, at: Point) -> None:
        corners, self.outline = self.outline, []
        if len(corners) > 2:
            self._target.begin("Lasso")
            self._target.polygon(corners, self._value)
            self._target.end()


class Rectangle:
    """Fills a rectangle from corner to corner."""

    radius_px = 0.0

    def __init__(self, target: DrawTarget) -> None:
        self._target = target
        self._value = ERASE
        self.outline: list[Point] = []

    def press(self, at: Point, keys: Qt.KeyboardModifier) -> None:
        self._value = _inverted(ERASE, keys)
        self.outline = [at] * 4

    def drag(self, at: Point) -> None:
        (left, top), (right, bottom) = self.outline[0], at
        self.outline = [(left, top), (right, top), (right, bottom), (left, bottom)]

    def release(self, at: Point) -> None:
        corner, _, opposite, _ = self.outline
        self.outline = []
        if corner[0] != opposite[0] and corner[1] != opposite[1]:
            self._target.begin("Rectangle")
            self._target.rectangle(corner, opposite, self._value)
            self._target.end()


@dataclass(frozen=True)
class ToolEntry:
    """A tool in the panel; ``icon`` is a name of ``widgets.style.icons``."""

    name: str
    title: str
    tip: str

    @property
    def icon(self) -> str:
        return self.name


TOOLS = (
    ToolEntry("brush", "Brush", "Paint over what you want to erase; Shift+click draws a straight line, Ctrl removes"),
    ToolEntry("eraser", "Eraser", "Remove the mask under the brush"),
    ToolEntry("lasso", "Lasso", "Outline what you want to erase; with Ctrl, what you want to keep"),
    ToolEntry("rectangle", "Rectangle", "Mark a rectangle from corner to corner; with Ctrl, remove it"),
)


def make_tools(target: DrawTarget) -> dict[str, Tool]:
    """Returns the tools by name, in the order of ``TOOLS``."""
    return {"brush": Brush(target, ERASE), "eraser": Brush(target, KEEP), "lasso": Lasso(target), "rectangle": Rectangle(target)}


def _inverted(value: int, keys: Qt.KeyboardModifier) -> int:
    return ERASE + KEEP - value if keys & Qt.KeyboardModifier.ControlModifier else value
