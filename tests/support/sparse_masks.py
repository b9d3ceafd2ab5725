"""Random masks for hypothesis."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

sparse_masks = st.tuples(st.integers(1, 150), st.integers(1, 150), st.integers(0, 2**32 - 1), st.sampled_from((0.0, 0.001, 0.01, 0.3))).map(
    lambda t: (np.random.default_rng(t[2]).random(t[:2]) < t[3]).astype(np.uint8) * np.uint8(200)
)
"""(h, w) uint8 with a few, or about a third, of the pixels set to 200; 1 to 150 pixels a side."""
