"""The panes of each view mode, all of the same size."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from PySide6.QtCore import QRect

from aedesk.gui.widgets.viewer import layers as names

GAP_PX = 2


@dataclass(frozen=True)
class Pane:
    """A rectangle of the widget (logical pixels) that shows a version.

    Args:
        layer: name of the version, or "difference".
        rect: the pane; the shared view places the picture in it.
        clip: the part of ``rect`` that this version paints (one side of the split line).
        caption_right: the caption is at the right edge of the clip instead of the left.
    """

    layer: str
    rect: QRect
    clip: QRect
    caption_right: bool = False


def arrange(
    mode: str, shown: str, pair: tuple[str, str], split: float, area: QRect, present: Collection[str], aspect: float = 1.5
) -> list[Pane]:
    """Returns the panes of a mode.

    Args:
        shown: the version of the single mode.
        pair: before and after, for split and side by side.
        split: position of the split line, 0 (left edge) to 1 (right edge).
        area: the widget's rectangle in logical pixels.
        present: the versions that exist; with one version, split shows it whole.
        aspect: width of the picture divided by its height.
    """
    if mode == names.SPLIT and all(layer in present for layer in pair):
        x = split_x(area, split)
        left = QRect(area.left(), area.top(), x - area.left(), area.height())
        right = QRect(x, area.top(), area.right() + 1 - x, area.height())
        return [Pane(pair[0], area, left), Pane(pair[1], area, right, caption_right=True)]
    if mode == names.SIDE_BY_SIDE:
        return _spread(pair, area, aspect)
    if mode == names.THREE_VIEWS:
        return _spread(names.LAYERS, area, aspect)
    if mode == names.DIFFERENCE:
        return [Pane(names.DIFFERENCE, area, area)]
    if mode == names.SPLIT:
        shown = next((layer for layer in reversed(pair) if layer in present), shown)
    return [Pane(shown, area, area)]


def split_x(area: QRect, split: float) -> int:
    """Returns the x of the split line."""
    return area.left() + round(split * area.width())


def _spread(layers: Collection[str], area: QRect, aspect: float) -> list[Pane]:
    """Returns panes next to each other, or below each other if that shows the picture much larger."""
    count = len(layers)
    beside = min(area.width() / count / aspect, area.height())
    below = min(area.width() / aspect, area.height() / count)
    wide = 1.3 * beside >= below
    length = ((area.width() if wide else area.height()) - (count - 1) * GAP_PX) // count
    panes = []
    for i, layer in enumerate(layers):
        offset = i * (length + GAP_PX)
        rect = (
            QRect(area.left() + offset, area.top(), length, area.height())
            if wide
            else QRect(area.left(), area.top() + offset, area.width(), length)
        )
        panes.append(Pane(layer, rect, rect))
    return panes
