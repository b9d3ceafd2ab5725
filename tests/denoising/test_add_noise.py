"""The *add noise* service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import SpecError
from aedesk.core.events import Event
from aedesk.core.specs import AddNoiseSpec
from aedesk.denoising.add_noise import add_noise
from aedesk.imaging.picture import Picture

Run = Callable[[Iterator[Event]], Any]


@pytest.mark.parametrize("kind", ["gaussian", "poisson-gaussian", "salt-pepper", "speckle", "jpeg"])
@pytest.mark.parametrize(("channels", "dtype"), [(1, np.uint8), (3, np.uint8), (3, np.uint16)])
def test_the_noisy_copy_has_the_shape_and_depth_of_the_picture(
    result_of: Run, make_pixels: Callable[..., np.ndarray], kind: str, channels: int, dtype: type
) -> None:
    picture = Picture(make_pixels(40, 56, channels, dtype), icc=b"profile")
    noisy, again, other = (result_of(add_noise(AddNoiseSpec(kind, 20, seed), picture, CancelToken())) for seed in (1, 1, 2))
    assert noisy.pixels.shape == picture.pixels.shape
    assert noisy.pixels.dtype == dtype
    assert noisy.icc == b"profile"
    assert not np.array_equal(noisy.pixels, picture.pixels)
    assert np.array_equal(noisy.pixels, again.pixels)
    assert np.array_equal(noisy.pixels, other.pixels) == (kind == "jpeg")


def test_the_level_is_in_eight_bit_units_at_every_depth(result_of: Run) -> None:
    for dtype, unit in ((np.uint8, 1), (np.uint16, 257)):
        picture = Picture(np.full((128, 128, 3), 128 * unit, dtype))
        noisy = result_of(add_noise(AddNoiseSpec("gaussian", 10), picture, CancelToken()))
        assert np.std(noisy.pixels / unit) == pytest.approx(10, rel=0.03)


def test_an_unknown_kind_is_named_with_the_known_ones() -> None:
    with pytest.raises(SpecError, match="gaussian"):
        list(add_noise(AddNoiseSpec("gausian"), Picture(np.zeros((8, 8, 3), np.uint8)), CancelToken()))
