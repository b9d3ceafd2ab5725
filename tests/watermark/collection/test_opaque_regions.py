"""Regions in which a watermark hides the pictures."""

from __future__ import annotations

import numpy as np
from marked_collections import backgrounds, marked, word
from scipy.ndimage import binary_dilation

from aedesk.core.cancel import CancelToken
from aedesk.watermark.collection.opaque_regions import find_opaque_regions


def test_opaque_watermarks_are_found_and_a_common_white_sky_is_not() -> None:
    skies = [np.clip(2 - np.arange(120) / (15 + 2 * index), 0, 1)[:, None, None] for index in range(10)]  # each ends at its own height
    clean = [sky + (1 - sky) * c for sky, c in zip(skies, backgrounds(10), strict=True)]

    def hidden(opacity: float) -> np.ndarray:
        alpha = word(opacity=opacity, at=(24, 80))
        stack = np.stack([marked(c, alpha, (0.1, 0.6, 0.3)).transpose(2, 0, 1) for c in clean])
        return find_opaque_regions(stack.astype(np.float32) / 255, CancelToken())

    for opacity in (0, 0.3, 0.6):
        assert not hidden(opacity).any()
    whole, near = word(opacity=1, at=(24, 80)) > 0.95, binary_dilation(word(at=(24, 80)) > 0, np.ones((3, 3)))
    assert hidden(1)[whole].mean() > 0.95
    assert not hidden(1)[~near].any()
