"""Random watermarks: the blending formula, reproducibility, and logos held out for evaluation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from aedesk.core.errors import DataError
from aedesk.data.watermarks import sampling
from aedesk.data.watermarks.sampling import (
    ShapeBank,
    WatermarkRanges,
    blend_over,
    draw_watermarks,
    held_out_logos,
    place_shape,
    training_bank,
)
from aedesk.data.watermarks.shapes import EDGE_PX, Shape, logo_shape
from aedesk.models.unblending import MIN_TRANSMISSION, unblend


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
    full = ShapeBank([Shape(np.full((EDGE_PX, EDGE_PX), 255, np.uint8))]).shape(0, 20)
    cover = place_shape(full, 60, 80, (50, 20), 20, 0.0)[3]
    rows, columns = (cover > 0.5).nonzero(as_tuple=True)
    assert (int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())) == (10, 29, 40, 59)


def test_a_tiled_watermark_covers_the_whole_picture() -> None:
    full = ShapeBank([Shape(np.full((EDGE_PX, EDGE_PX), 255, np.uint8))]).shape(0, 8)
    cover = place_shape(full, 64, 64, (3, 5), 8, 0.4, cell=(16, 16))[3]
    assert 0.1 < float(cover.mean()) < 0.5
    assert all(bool(cell.any()) for row in cover.split(24, 0) for cell in row.split(24, 1) if min(cell.shape) > 16)


def test_shapes_can_be_drawn_without_installed_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "system_fonts", lambda: ())
    assert len(training_bank(9, seed=7)) == 9


def test_every_tenth_logo_is_held_out_of_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(21):
        Image.new("RGBA", (12, 8), (number, 0, 0, 255)).save(tmp_path / f"{number:02}.png")
    seen: list[str] = []
    monkeypatch.setattr(sampling, "logo_shape", lambda path: (seen.append(path.name), logo_shape(path))[1])
    training_bank(90, logos=str(tmp_path))
    kept = {path.name for path in held_out_logos(str(tmp_path))}
    assert kept == {"00.png", "10.png", "20.png"}
    assert len(seen) == 18
    assert not kept & set(seen)


def test_a_fully_transparent_logo_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (9, 9, 9, 0)).save(tmp_path / "empty.png")
    with pytest.raises(DataError, match=r"empty\.png"):
        logo_shape(tmp_path / "empty.png")
