"""The regression of gradients."""

from __future__ import annotations

import numpy as np
import pytest

from aedesk.watermark.collection.gradient_stats import AXES, gradient, gradient_stats
from aedesk.watermark.collection.poisson_estimate import transmission_gradient


def test_uniform_pictures_give_the_exact_gradients_of_a_watermark() -> None:
    rng = np.random.default_rng(0)
    transmission, colour = rng.uniform(0.4, 1, (9, 11)), rng.uniform(0, 0.3, (3, 9, 11))
    levels = rng.uniform(0.1, 0.9, (6, 3, 1, 1))
    stack = (transmission * levels + colour).astype(np.float32)
    stats = gradient_stats(stack, transmission, colour, lambda: None, initial=False)
    for axis, s in zip(AXES, stats, strict=True):
        precision, weighted = transmission_gradient(s)
        assert weighted / precision == pytest.approx(gradient(transmission, axis), abs=2e-3)
        assert np.all(s.w > 0)
