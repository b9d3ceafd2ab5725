"""The overlays of the Compress panel: compressed parts and bit costs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aedesk.gui.panels.compress.bit_cost_map import bit_cost_overlay, with_bit_costs
from aedesk.gui.panels.compress.comparison import Comparison
from aedesk.gui.panels.compress.live_preview import PreviewResult
from aedesk.gui.thread_pool import LatestTask, ThreadPool
from aedesk.gui.widgets.viewer import CompareView
from aedesk.imaging.display import to_display

Patches = dict[str, NDArray[np.uint8] | None]


class OverlayPresenter:
    """Lays patches over the picture; whole pictures are shown by the presenter."""

    def __init__(self, pool: ThreadPool, viewer: CompareView) -> None:
        self._viewer, self._latest = viewer, LatestTask(pool)

    def show(self, preview: PreviewResult | None, comparison: Comparison | None, *, bit_costs: bool) -> None:
        """Shows the overlays of a preview and a comparison; without a preview, removes them."""
        self._latest.cancel()
        if preview is None:
            self._viewer.clear_overlay()
        elif preview.whole:
            self._show_whole(preview, bit_costs)
        else:
            self._show_part(preview, comparison, bit_costs)

    def _show_whole(self, preview: PreviewResult, bit_costs: bool) -> None:
        bits = preview.encoded.bits
        self._viewer.set_overlay(None, layer="noisy")
        if not bit_costs or bits is None:
            self._viewer.set_overlay(None)
            return
        rows, columns = bits.shape
        stride = preview.encoded.stride_px
        self._viewer.set_overlay(bit_cost_overlay(bits), 0, 0, columns * stride, rows * stride)

    def _show_part(self, preview: PreviewResult, comparison: Comparison | None, bit_costs: bool) -> None:
        box, result = preview.request.box, preview.encoded
        if box is None:
            return
        other = None
        if comparison is not None:
            theirs = comparison.preview.request
            if theirs.box == box and theirs.picture is preview.request.picture:
                other = comparison.coded.picture

        def work() -> Patches:
            ours = to_display(result.decoded)
            if bit_costs and result.bits is not None:
                ours = with_bit_costs(ours, result.bits, result.stride_px)
            return {"result": ours, "noisy": None if other is None else to_display(other)}

        def show(patches: Patches) -> None:
            for layer, patch in patches.items():
                self._viewer.set_overlay(patch, box.x(), box.y(), layer=layer)

        self._latest.run(work, show)
