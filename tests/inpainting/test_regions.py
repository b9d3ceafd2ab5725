"""Boxes around the set pixels of masks."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from sparse_masks import sparse_masks

from aedesk.inpainting.regions import find_regions


@settings(deadline=None, max_examples=60)
@given(mask=sparse_masks)
def test_regions_cover_every_set_pixel_once(mask: np.ndarray) -> None:
    covered = np.zeros(mask.shape, int)
    for box in find_regions(mask):
        covered[box.top : box.bottom, box.left : box.right] += 1
    assert bool((covered[mask > 0] == 1).all())
    assert covered.max(initial=0) <= 1
