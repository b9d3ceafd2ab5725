"""Fits overlays across the edges of masks, and compares how well overlays explain them."""

from __future__ import annotations

import numpy as np
import pytest
from overlay_scenes import SIZE, bars, disc, over, picture
from scipy import ndimage

from aedesk.watermark.single.overlay import UniformOverlay
from aedesk.watermark.single.overlay_fit import fit_overlay, residual_ratios, residual_vs_opaque


@pytest.mark.parametrize("shape", [bars(), disc(50)], ids=["bars", "disc"])
@pytest.mark.parametrize("colour", [(1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (0.9, 0.2, 0.1), (0.1, 0.3, 0.9)])
@pytest.mark.parametrize("alpha", [0.3, 0.5, 0.75])
@pytest.mark.parametrize("seed", [0, 1])
def test_an_overlay_is_fitted_across_edges(seed: int, alpha: float, colour: tuple[float, float, float], shape: np.ndarray) -> None:
    clean = picture(seed)
    marked = over(clean, colour, alpha, shape)
    overlay = fit_overlay(marked, marked, shape, ~shape)
    assert overlay is not None
    restored = np.where(shape, (marked - np.asarray(overlay.premultiplied)[:, None, None]) / (1 - overlay.alpha), marked)
    assert abs(overlay.alpha - alpha) < 0.1
    assert np.abs(restored - clean)[:, shape].mean() < 0.22 * np.abs(marked - clean)[:, shape].mean() + 0.01
    assert overlay.residual < overlay.contrast


def test_a_given_alpha_is_kept_and_too_few_edge_pixels_give_no_fit() -> None:
    clean, shape = picture(1), disc(40)
    marked = over(clean, (1, 1, 1), 0.5, shape)
    overlay = fit_overlay(marked, marked, shape, ~shape, 0.4)
    assert overlay is not None
    assert overlay.alpha == 0.4
    assert all(0 <= premultiplied <= 0.4 for premultiplied in overlay.premultiplied)
    dot = disc(1.5)
    assert fit_overlay(marked, marked, dot, ~dot) is None
    assert fit_overlay(marked, marked, shape, np.zeros_like(shape)) is None
    assert fit_overlay(marked, marked, np.zeros_like(shape), shape) is None


def test_residual_ratios_tell_which_groups_an_overlay_explains() -> None:
    clean, mark = picture(1), disc(20)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    other, dot = (rows > 10) & (rows < 40) & (columns > 10) & (columns < 40), (rows < 4) & (columns > 120) & (columns < 124)
    clean[:, other] += 0.15
    labels = (1 * mark + 2 * other + 3 * dot).astype(np.int32)
    labels = np.asarray(ndimage.grey_dilation(labels, 17), np.int32)
    inside = mark | other | dot
    marked = over(clean, (1, 0.2, 0.2), 0.4, mark)
    ratios_of_groups = residual_ratios(marked, marked, labels, inside, ~inside, UniformOverlay((0.4, 0.08, 0.08), 0.4))
    assert ratios_of_groups[1] < 0.7
    assert ratios_of_groups[2] > 0.9
    assert np.isnan(ratios_of_groups[3])
    nothing = np.zeros_like(mark)
    assert np.isnan(residual_ratios(marked, marked, labels, nothing, ~nothing, UniformOverlay((0.4, 0.1, 0.1), 0.4))).all()


@pytest.mark.parametrize("seed", range(3))
def test_an_opaque_colour_explains_an_object_as_well_as_an_overlay_does(seed: int) -> None:
    clean = ndimage.gaussian_filter(picture(seed), (0, 4, 4))
    where, ratios = disc(50), []
    for alpha in (0.5, 1.0):
        marked = over(clean, (0.9, 0.2, 0.1), alpha, where)
        overlay = fit_overlay(marked, marked, where, ~where, min(alpha, 0.5))
        assert overlay is not None
        ratios.append(residual_vs_opaque(marked, marked, where, ~where, overlay))
    assert ratios[0] < 1.2
    assert ratios[1] > 10
    assert residual_vs_opaque(clean, clean, disc(2), ~where, UniformOverlay((0.45, 0.1, 0.05), 0.5)) == 1
