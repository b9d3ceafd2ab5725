"""WatermarkFields from their gradients."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aedesk.watermark.collection.gradient_stats import AXES, gradient
from aedesk.watermark.collection.poisson_solver import PixelGrid, divergence, gradient_weights


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.integers(3, 12), st.integers(3, 12))
def test_a_field_is_recovered_from_its_gradients_and_one_known_pixel(seed: int, height: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    field = rng.normal(size=(height, width))
    weights = [rng.uniform(0.1, 1000, gradient(field, axis).shape) for axis in AXES]
    pull = np.zeros(field.shape)
    pull[0, 0] = 1e6
    right = divergence(field.shape, [w * gradient(field, axis) for w, axis in zip(weights, AXES, strict=True)])
    right[0, 0] += 1e6 * field[0, 0]
    solved = PixelGrid(np.ones(field.shape, bool)).factorise(gradient_weights(weights), pull).solve(right)
    assert solved == pytest.approx(field, abs=1e-4)
