"""Matching of a template to further pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marked_collections import backgrounds, word
from scipy.ndimage import shift

from aedesk.core.cancel import CancelToken
from aedesk.watermark.collection.common_gradients import find_common_gradients, match_template


@settings(max_examples=8, deadline=None)
@given(st.floats(-4, 4), st.floats(-4, 4))
def test_a_shift_is_found_to_a_fraction_of_a_pixel(right: float, down: float) -> None:
    alpha = word(soft=1)
    grays = np.stack([c.mean(2) for c in backgrounds(8)])
    template = find_common_gradients((alpha + (1 - alpha) * grays).astype(np.float32), CancelToken()).template
    moved = np.clip(shift(alpha, (down, right), order=3), 0, 0.5)
    other = backgrounds(9)[8].mean(2)
    found = match_template(template, (moved + (1 - moved) * other).astype(np.float32), (8, 8))
    assert (found.right_px, found.down_px) == pytest.approx((right, down), abs=0.25)
