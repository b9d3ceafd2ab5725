"""Synthetic holes: reproducible, binary, and never too large."""

from __future__ import annotations

import pytest
import torch

from aedesk.data.holes.shapes import CANVAS_PX, MAX_HOLE_SHARE, HoleBank


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("size", [(64, 64), (40, 96), (CANVAS_PX + 8, 64)])
def test_holes_depend_only_on_the_seed_and_leave_enough_context(size: tuple[int, int]) -> None:
    bank = HoleBank(12)
    holes = bank.draw(6, *size, generator(1))
    assert torch.equal(holes, HoleBank(12).draw(6, *size, generator(1)))
    assert holes.shape == (6, 1, *size)
    assert set(holes.unique().tolist()) == {0.0, 1.0}
    shares = holes.mean((1, 2, 3))
    assert bool(((shares > 0) & (shares < MAX_HOLE_SHARE)).all())
