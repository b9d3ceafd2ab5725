"""The interface of tools, which use the left mouse button on the picture instead of panning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import Qt

Point = tuple[float, float]
"""(x, y) in picture pixels; may be outside the picture."""


class Tool(Protocol):
    """Points and sizes are in picture pixels. All methods are called on the window's thread."""

    @property
    def radius_px(self) -> float:
        """Radius of the circle that the viewer draws around the mouse; 0 for none."""

    @property
    def outline(self) -> Sequence[Point]:
        """The closed line that is being drawn; empty for none."""

    def press(self, at: Point, keys: Qt.KeyboardModifier) -> None: ...

    def drag(self, at: Point) -> None: ...

    def release(self, at: Point) -> None: ...
