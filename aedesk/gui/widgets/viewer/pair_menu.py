"""The menu behind a caption, which chooses the compared versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from aedesk.gui.widgets.viewer import layers as names

Pair = tuple[str, str]


def choices(mode: str, side: int, pair: Pair, present: set[str], captions: Mapping[str, str] = names.CAPTIONS) -> list[tuple[str, Pair]]:
    """Returns the choices for one side (0 or 1) of the pair as (label, resulting pair).

    Choosing the other side's version swaps the two. The difference has no sides and offers whole pairs.
    """
    there = [layer for layer in names.LAYERS if layer in present]
    if mode == names.DIFFERENCE:
        return [(f"{captions[a]} – {captions[b]}", (a, b)) for a, b in combinations(there, 2)]
    if mode not in (names.SPLIT, names.SIDE_BY_SIDE):
        return []
    other = pair[1 - side]
    made = []
    for layer in there:
        partner = pair[side] if layer == other else other
        made.append((captions[layer], (layer, partner) if side == 0 else (partner, layer)))
    return made


def pair_menu(parent: QWidget, offered: list[tuple[str, Pair]], current: Pair, choose: Callable[[Pair], None]) -> QMenu:
    """Returns a menu that deletes itself when it closes."""
    menu = QMenu(parent)
    menu.setObjectName("pairMenu")
    menu.aboutToHide.connect(menu.deleteLater)
    for label, pair in offered:
        action: QAction = menu.addAction(label)
        action.setCheckable(True)
        action.setChecked(pair == current)
        action.triggered.connect(lambda _checked=False, pair=pair: choose(pair))
    return menu
