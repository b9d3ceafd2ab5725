"""Watermarks for evaluation: every kind has the size, place and opacity it promises, and depends on the seed alone."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
import torch

from aedesk.data.watermarks.held_out import KINDS, blend_over_pixels, held_out_watermark
from aedesk.data.watermarks.sampling import VISIBLE_ALPHA

HEIGHT, WIDTH = 384, 512


def cover_of(kind: str, seed: int, alpha: float = 0.5) -> torch.Tensor:
    return held_out_watermark(kind, HEIGHT, WIDTH, alpha, Random(seed))[1][0, 0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_watermark_depends_on_its_seed_and_has_the_opacity_asked_for(kind: str) -> None:
    light, cover = held_out_watermark(kind, HEIGHT, WIDTH, 0.4, Random(3))
    assert (light.shape, cover.shape) == ((1, 3, HEIGHT, WIDTH), (1, 1, HEIGHT, WIDTH))
    assert float(cover.max()) <= 0.4 + 1e-5
    assert float(cover.max()) > 0.2
    assert bool((light <= cover + 1e-5).all())
    assert torch.equal(light, held_out_watermark(kind, HEIGHT, WIDTH, 0.4, Random(3))[0])
    assert not torch.equal(cover, cover_of(kind, 4, 0.4)[None, None])


@pytest.mark.parametrize("seed", range(8))
def test_a_line_of_text_is_20_to_60_pixels_high_and_lies_inside(seed: int) -> None:
    rows, columns = (cover_of("text", seed) > VISIBLE_ALPHA).nonzero(as_tuple=True)
    assert 8 <= int(rows.max() - rows.min()) <= 62
    assert 0 < int(columns.min()) <= int(columns.max()) < WIDTH - 1


@pytest.mark.parametrize("seed", range(4))
def test_tiled_text_is_everywhere_and_a_date_in_the_lower_right_corner(seed: int) -> None:
    tiled = cover_of("tiled", seed) > VISIBLE_ALPHA
    assert all(bool(part.any()) for part in (tiled[:192, :256], tiled[:192, 256:], tiled[192:, :256], tiled[192:, 256:]))
    date = cover_of("date", seed) > VISIBLE_ALPHA
    assert not date[: HEIGHT * 3 // 4].any()
    assert bool(date[HEIGHT * 3 // 4 :, -100:].any())


def test_blending_over_pixels_rounds_to_8_bits() -> None:
    pixels = np.full((2, 2, 3), 100, np.uint8)
    alpha = torch.full((1, 1, 2, 2), 0.5)
    assert (blend_over_pixels(pixels, alpha.expand(1, 3, 2, 2), alpha) == 178).all()
