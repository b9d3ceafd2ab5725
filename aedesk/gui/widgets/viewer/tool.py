"""What the left mouse button does to the picture in place of moving it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import Qt

Place = tuple[float, float]
"""In picture pixels; may lie outside of the picture."""


class Tool(Protocol):
    """Knows nothing of the screen: places and sizes are the picture's. All methods are called on the window's thread."""

    @property
    def radius_px(self) -> float:
        """Of the circle that the viewer draws around the mouse; 0 for none."""

    @property
    def outline(self) -> Sequence[Place]:
        """A closed line that is being drawn and that the viewer shows; empty for none."""

    def press(self, at: Place, keys: Qt.KeyboardModifier) -> None: ...

    def drag(self, at: Place) -> None: ...

    def release(self, at: Place) -> None: ...
