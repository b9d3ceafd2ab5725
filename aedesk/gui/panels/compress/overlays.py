"""Patches over the viewer's picture: parts that were compressed, and what each place costs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aedesk.gui.panels.compress.bit_cost_map import heat_layer, heated
from aedesk.gui.panels.compress.comparison import Duel
from aedesk.gui.panels.compress.live_preview import Shown
from aedesk.gui.thread_pool import LatestTask, ThreadPool
from aedesk.gui.widgets.viewer import CompareView
from aedesk.imaging.display import to_display

Patches = dict[str, NDArray[np.uint8] | None]


class OnScreen:
    """Whole pictures are the presenter's; what lies over them is this one's."""

    def __init__(self, pool: ThreadPool, viewer: CompareView) -> None:
        self._viewer, self._latest = viewer, LatestTask(pool)

    def show(self, shown: Shown | None, duel: Duel | None, *, heat: bool) -> None:
        """Lay over the picture what belongs to these two; nothing without a result."""
        self._latest.cancel()
        if shown is None:
            self._viewer.clear_overlay()
        elif shown.whole:
            self._show_whole(shown, heat)
        else:
            self._show_part(shown, duel, heat)

    def _show_whole(self, shown: Shown, heat: bool) -> None:
        bits = shown.result.bits
        self._viewer.set_overlay(None, layer="noisy")
        if not heat or bits is None:
            self._viewer.set_overlay(None)
            return
        rows, columns = bits.shape
        stride = shown.result.stride_px
        self._viewer.set_overlay(heat_layer(bits), 0, 0, columns * stride, rows * stride)

    def _show_part(self, shown: Shown, duel: Duel | None, heat: bool) -> None:
        box, result = shown.wish.box, shown.result
        if box is None:
            return
        fitting = duel if duel is not None and duel.shown.wish.box == box and duel.shown.wish.picture is shown.wish.picture else None

        def work() -> Patches:
            ours = to_display(result.decoded)
            if heat and result.bits is not None:
                ours = heated(ours, result.bits, result.stride_px)
            return {"reconstructed": ours, "noisy": None if fitting is None else to_display(fitting.coded.picture)}

        def lay(patches: Patches) -> None:
            for layer, patch in patches.items():
                self._viewer.set_overlay(patch, box.x(), box.y(), layer=layer)

        self._latest.run(work, lay)
