"""The forward model of marks and holes: its formula, its seeds, and what is kept for measuring."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from aedesk.core.errors import DataError
from aedesk.data.holes.shapes import CANVAS_PX, FULLEST, HoleBank
from aedesk.data.watermarks import sampling as marks
from aedesk.data.watermarks.sampling import MarkBank, MarkRange, blend_over, draw_marks, held_out_logos, place, training_bank
from aedesk.data.watermarks.shapes import EDGE_PX, Shape, logo_shape
from aedesk.models.unblending import LEAST_LIGHT, unblend


@pytest.fixture(scope="module")
def bank() -> MarkBank:
    return training_bank(24)


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_known_alpha_and_light_give_the_picture_back(seed: int) -> None:
    random = generator(seed)
    picture = torch.rand(2, 3, 16, 16, generator=random)
    alpha = torch.rand(2, 1, 16, 16, generator=random) * (1 - LEAST_LIGHT)
    light = alpha * torch.rand(2, 3, 16, 16, generator=random)
    assert torch.allclose(unblend(blend_over(picture, light, alpha), alpha, light), picture, atol=1e-5)


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**32 - 1))
def test_marks_depend_on_the_seed_alone_and_are_blends(bank: MarkBank, seed: int) -> None:
    light, alpha = draw_marks(3, 48, 64, bank, MarkRange(), generator(seed))
    again = draw_marks(3, 48, 64, bank, MarkRange(), generator(seed))
    assert torch.equal(light, again[0])
    assert torch.equal(alpha, again[1])
    assert light.shape == (3, 3, 48, 64)
    assert alpha.shape == (3, 1, 48, 64)
    assert float(alpha.min()) >= 0
    assert float(alpha.max()) <= 1
    assert bool((light <= alpha + 1e-5).all())  # no colour is brighter than white
    assert bool((light >= 0).all())


def test_another_seed_gives_other_marks(bank: MarkBank) -> None:
    assert not torch.equal(*(draw_marks(2, 64, 64, bank, MarkRange(clean=0), generator(seed))[1] for seed in (1, 2)))


def test_clean_pictures_bear_nothing_and_opacity_stays_in_its_range(bank: MarkBank) -> None:
    assert not draw_marks(4, 32, 32, bank, MarkRange(clean=1.0), generator(0))[1].any()
    faint = MarkRange(alpha=(0.2, 0.3), opaque=0.0, clean=0.0, tiled=1.0)
    assert float(draw_marks(6, 64, 64, bank, faint, generator(3))[1].max()) <= 0.3 + 1e-6


def test_a_shape_lies_where_it_is_put_and_is_as_large_as_asked_for() -> None:
    full = MarkBank([Shape(np.full((EDGE_PX, EDGE_PX), 255, np.uint8))]).shape(0, 20)
    cover = place(full, 60, 80, (50, 20), 20, 0.0)[3]
    rows, columns = (cover > 0.5).nonzero(as_tuple=True)
    assert (int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())) == (10, 29, 40, 59)


def test_a_pattern_covers_the_whole_picture() -> None:
    full = MarkBank([Shape(np.full((EDGE_PX, EDGE_PX), 255, np.uint8))]).shape(0, 8)
    cover = place(full, 64, 64, (3, 5), 8, 0.4, cell=(16, 16))[3]
    assert 0.1 < float(cover.mean()) < 0.5
    assert all(bool(cell.any()) for row in cover.split(24, 0) for cell in row.split(24, 1) if min(cell.shape) > 16)


def test_a_machine_without_fonts_has_marks_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "system_fonts", lambda: ())
    assert len(training_bank(9, seed=7)) == 9


def test_every_tenth_logo_is_kept_for_measuring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(21):
        Image.new("RGBA", (12, 8), (number, 0, 0, 255)).save(tmp_path / f"{number:02}.png")
    seen: list[str] = []
    monkeypatch.setattr(marks, "logo_shape", lambda path: (seen.append(path.name), logo_shape(path))[1])
    training_bank(90, logos=str(tmp_path))
    kept = {path.name for path in held_out_logos(str(tmp_path))}
    assert kept == {"00.png", "10.png", "20.png"}
    assert len(seen) == 18
    assert not kept & set(seen)


def test_a_logo_that_shows_nothing_is_an_error_that_names_it(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (9, 9, 9, 0)).save(tmp_path / "empty.png")
    with pytest.raises(DataError, match=r"empty\.png"):
        logo_shape(tmp_path / "empty.png")


@pytest.mark.parametrize("size", [(64, 64), (40, 96), (CANVAS_PX + 8, 64)])
def test_holes_depend_on_the_seed_alone_and_leave_something_to_go_by(size: tuple[int, int]) -> None:
    bank = HoleBank(12)
    holes = bank.draw(6, *size, generator(1))
    assert torch.equal(holes, HoleBank(12).draw(6, *size, generator(1)))
    assert holes.shape == (6, 1, *size)
    assert set(holes.unique().tolist()) == {0.0, 1.0}
    shares = holes.mean((1, 2, 3))
    assert bool(((shares > 0) & (shares < FULLEST)).all())
