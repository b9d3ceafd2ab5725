"""Random watermarks and scenes: the blending formula, reproducibility, placement."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aedesk.data.watermarks.bank import ShapeBank, StoredShape, training_bank
from aedesk.data.watermarks.sampling import WatermarkRanges, blend_over, draw_watermarks, place_shape
from aedesk.data.watermarks.scenes import scene
from aedesk.data.watermarks.shapes import EDGE_PX, Shape
from aedesk.models.restoration.unblending import MIN_TRANSMISSION, unblend


@pytest.fixture(scope="module")
def bank() -> ShapeBank:
    return training_bank(24)


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_unblending_inverts_blending(seed: int) -> None:
    random = generator(seed)
    picture = torch.rand(2, 3, 16, 16, generator=random)
    alpha = torch.rand(2, 1, 16, 16, generator=random) * (1 - MIN_TRANSMISSION)
    premultiplied = alpha * torch.rand(2, 3, 16, 16, generator=random)
    assert torch.allclose(unblend(blend_over(picture, premultiplied, alpha), alpha, premultiplied), picture, atol=1e-5)


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**32 - 1))
def test_watermarks_depend_only_on_the_seed_and_are_valid(bank: ShapeBank, seed: int) -> None:
    premultiplied, alpha = draw_watermarks(3, 48, 64, bank, WatermarkRanges(), generator(seed))
    again = draw_watermarks(3, 48, 64, bank, WatermarkRanges(), generator(seed))
    assert torch.equal(premultiplied, again[0])
    assert torch.equal(alpha, again[1])
    assert premultiplied.shape == (3, 3, 48, 64)
    assert alpha.shape == (3, 1, 48, 64)
    assert float(alpha.min()) >= 0
    assert float(alpha.max()) <= 1 + 1e-5  # composing overlays rounds
    assert bool((premultiplied <= alpha + 1e-5).all())  # no colour channel exceeds 1
    assert bool((premultiplied >= 0).all())


def test_another_seed_gives_other_watermarks(bank: ShapeBank) -> None:
    assert not torch.equal(*(draw_watermarks(2, 64, 64, bank, WatermarkRanges(clean=0), generator(seed))[1] for seed in (1, 2)))


def test_clean_pictures_have_no_watermark_and_opacity_stays_in_its_range(bank: ShapeBank) -> None:
    assert not draw_watermarks(4, 32, 32, bank, WatermarkRanges(clean=1.0), generator(0))[1].any()
    faint = WatermarkRanges(alpha=(0.2, 0.3), opaque=0.0, clean=0.0, tiled=1.0)
    assert float(draw_watermarks(6, 64, 64, bank, faint, generator(3))[1].max()) <= 0.3 + 1e-6


def test_a_shape_is_drawn_at_the_given_position_and_size() -> None:
    full = StoredShape(Shape(np.full((EDGE_PX, EDGE_PX), 255, np.uint8))).planes(20)
    cover = place_shape(full, 60, 80, (50, 20), 20, 0.0)[3]
    rows, columns = (cover > 0.5).nonzero(as_tuple=True)
    assert (int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())) == (10, 29, 40, 59)


def test_a_tiled_watermark_covers_the_whole_picture() -> None:
    full = StoredShape(Shape(np.full((EDGE_PX, EDGE_PX), 255, np.uint8))).planes(8)
    cover = place_shape(full, 64, 64, (3, 5), 8, 0.4, cell=(16, 16))[3]
    assert 0.1 < float(cover.mean()) < 0.5
    assert all(bool(cell.any()) for row in cover.split(24, 0) for cell in row.split(24, 1) if min(cell.shape) > 16)


def test_a_long_shape_keeps_its_proportions() -> None:
    bar = StoredShape(Shape(np.full((32, 512), 255, np.uint8))).planes(64)
    rows, columns = (place_shape(bar, 60, 80, (40, 30), 64, 0.0)[3] > 0.5).nonzero(as_tuple=True)
    assert (int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())) == (28, 31, 8, 71)


def test_perspective_makes_one_end_larger_than_the_other() -> None:
    bar = StoredShape(Shape(np.full((128, 512), 255, np.uint8))).planes(64)
    cover = place_shape(bar, 60, 100, (50, 30), 64, 0.0, tilt=(0.8, 0.0))[3] > 0.5
    columns = cover.any(0).nonzero().flatten()
    first, last = int(columns[0]) + 2, int(columns[-1]) - 2
    assert int(cover[:, first].sum()) != int(cover[:, last].sum())


def test_rows_of_a_tiled_watermark_are_staggered_as_asked() -> None:
    square = StoredShape(Shape(np.full((EDGE_PX, EDGE_PX), 255, np.uint8))).planes(8)
    for stagger, shift in ((0.0, 0), (0.5, 10), (0.25, 5)):
        cover = place_shape(square, 60, 60, (30, 30), 8, 0.0, cell=(20, 20), stagger=stagger)[3] > 0.5
        assert bool(cover[30, 30])
        assert bool(cover[50, 30 - shift])
        assert math.isclose(float(cover[40].sum()), 0)


def test_lines_of_text_are_mostly_12_to_60_pixels_high(bank: ShapeBank) -> None:
    line = ShapeBank(1, lambda index: Shape(np.full((64, 512), 255, np.uint8), lines=1))
    ranges = WatermarkRanges(alpha=(0.5, 0.5), opaque=0, clean=0, tiled=0)
    heights = []
    for seed in range(40):
        alpha = draw_watermarks(1, 256, 256, line, ranges, generator(seed))[1][0, 0]
        upright = alpha[:, alpha.any(0)] > 0.25
        heights.append(int(upright.sum(0).max()))
    assert sum(10 <= height <= 66 for height in heights) > 20


def test_scenes_are_gray_sepia_dark_or_lettered_as_asked_and_depend_only_on_the_seed(bank: ShapeBank) -> None:
    clean = torch.rand(4, 3, 64, 64, generator=generator(0)) * 0.5 + 0.25
    none = {"gray": 0.0, "sepia": 0.0, "dark": 0.0, "lettering": 0.0}
    assert torch.equal(scene(clean, bank, WatermarkRanges(**none), generator(1)), clean)
    gray = scene(clean, bank, WatermarkRanges(**none | {"gray": 1.0}), generator(1))
    assert float((gray - gray[:, :1]).abs().max()) < 1e-6
    sepia = scene(clean, bank, WatermarkRanges(**none | {"sepia": 1.0}), generator(1))
    assert bool((sepia[:, 0].mean((1, 2)) > sepia[:, 2].mean((1, 2))).all())
    dark = scene(clean, bank, WatermarkRanges(**none | {"dark": 1.0}), generator(1))
    assert bool((dark.mean((1, 2, 3)) < 0.85 * clean.mean((1, 2, 3))).all())
    lettered = scene(clean, bank, WatermarkRanges(**none | {"lettering": 1.0}), generator(1))
    assert bool(((lettered - clean).abs().amax((1, 2, 3)) > 0.1).all())
    assert torch.equal(lettered, scene(clean, bank, WatermarkRanges(**none | {"lettering": 1.0}), generator(1)))
    assert 0 <= float(lettered.min()) <= float(lettered.max()) <= 1
