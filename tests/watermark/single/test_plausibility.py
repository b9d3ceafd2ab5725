"""Refitting of overlays."""

from __future__ import annotations

import pytest
from overlay_scenes import disc, over, picture

from aedesk.watermark.single.overlay import UniformOverlay
from aedesk.watermark.single.plausibility import refit_overlay


@pytest.mark.parametrize(("initial", "kept"), [(0.52, False), (0.3, True)])
def test_refitting_improves_an_overlay_but_does_not_replace_it(initial: float, kept: bool) -> None:
    where = disc(50)
    marked = over(picture(0), (0.9, 0.2, 0.1), 0.5, where)
    overlay = UniformOverlay((0.9 * initial, 0.2 * initial, 0.1 * initial), initial)
    refit = refit_overlay(overlay, marked, where, ~where)
    assert (refit == overlay) is kept
    assert refit.is_close_to(overlay)
