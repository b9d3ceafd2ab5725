"""Brush, eraser, lasso and rectangle: from what a hand does to what happens to the mask.

Ctrl turns each of them round: the brush erases, the lasso takes away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import Qt

from aedesk.gui.widgets.viewer.tool import Place, Tool
from aedesk.imaging.masks import ERASE, KEEP


class Pen(Protocol):
    """What the tools draw with: the editor."""

    @property
    def radius_px(self) -> float: ...

    def begin(self, title: str) -> None: ...
    def stroke(self, start: Place, end: Place, value: int) -> None: ...
    def polygon(self, corners: Sequence[Place], value: int) -> None: ...
    def rectangle(self, corner: Place, opposite: Place, value: int) -> None: ...
    def end(self) -> None: ...


class Brush:
    """Draws along the mouse; with Shift a straight line from where the last stroke ended."""

    outline: Sequence[Place] = ()

    def __init__(self, pen: Pen, value: int) -> None:
        self._pen, self._value = pen, value
        self._now = value
        self._last: Place | None = None

    @property
    def radius_px(self) -> float:
        return self._pen.radius_px

    def press(self, at: Place, keys: Qt.KeyboardModifier) -> None:
        self._now = _turned(self._value, keys)
        self._pen.begin("Brush" if self._now == ERASE else "Eraser")
        straight = self._last is not None and bool(keys & Qt.KeyboardModifier.ShiftModifier)
        self._draw(self._last if straight and self._last is not None else at, at)

    def drag(self, at: Place) -> None:
        self._draw(self._last or at, at)

    def release(self, at: Place) -> None:
        self._pen.end()

    def _draw(self, start: Place, end: Place) -> None:
        self._pen.stroke(start, end, self._now)
        self._last = end


class Lasso:
    """Fills what the mouse has gone round."""

    radius_px = 0.0

    def __init__(self, pen: Pen) -> None:
        self._pen = pen
        self._value = ERASE
        self.outline: list[Place] = []

    def press(self, at: Place, keys: Qt.KeyboardModifier) -> None:
        self._value = _turned(ERASE, keys)
        self.outline = [at]

    def drag(self, at: Place) -> None:
        if self.outline[-1] != at:
            self.outline.append(at)

    def release(self, at: Place) -> None:
        corners, self.outline = self.outline, []
        if len(corners) > 2:
            self._pen.begin("Lasso")
            self._pen.polygon(corners, self._value)
            self._pen.end()


class Rectangle:
    """Fills a rectangle from corner to corner."""

    radius_px = 0.0

    def __init__(self, pen: Pen) -> None:
        self._pen = pen
        self._value = ERASE
        self.outline: list[Place] = []

    def press(self, at: Place, keys: Qt.KeyboardModifier) -> None:
        self._value = _turned(ERASE, keys)
        self.outline = [at] * 4

    def drag(self, at: Place) -> None:
        (left, top), (right, bottom) = self.outline[0], at
        self.outline = [(left, top), (right, top), (right, bottom), (left, bottom)]

    def release(self, at: Place) -> None:
        corner, _, opposite, _ = self.outline
        self.outline = []
        if corner[0] != opposite[0] and corner[1] != opposite[1]:
            self._pen.begin("Rectangle")
            self._pen.rectangle(corner, opposite, self._value)
            self._pen.end()


@dataclass(frozen=True)
class ToolEntry:
    """A tool as people choose it; ``icon`` a name of ``widgets.icons``."""

    name: str
    title: str
    tip: str

    @property
    def icon(self) -> str:
        return self.name


TOOLS = (
    ToolEntry("brush", "Brush", "Paint over what is to be erased; Shift and a click draw a straight line, Ctrl takes away"),
    ToolEntry("eraser", "Eraser", "Take the mask away where the brush goes"),
    ToolEntry("lasso", "Lasso", "Go round what is to be erased; with Ctrl, what is to be kept"),
    ToolEntry("rectangle", "Rectangle", "Mark a rectangle from corner to corner; with Ctrl, take it away"),
)


def make_tools(pen: Pen) -> dict[str, Tool]:
    """The tools by name, in the order of ``TOOLS``."""
    return {"brush": Brush(pen, ERASE), "eraser": Brush(pen, KEEP), "lasso": Lasso(pen), "rectangle": Rectangle(pen)}


def _turned(value: int, keys: Qt.KeyboardModifier) -> int:
    return ERASE + KEEP - value if keys & Qt.KeyboardModifier.ControlModifier else value
