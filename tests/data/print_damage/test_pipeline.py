"""Whole prints: damaged, scanned, with masks that say where."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from aedesk.core.damage_specs import DAMAGE_KINDS
from aedesk.data.print_damage.pipeline import DamageRange, damage_prints, scanned_mask
from aedesk.data.print_damage.prints import aged_print
from aedesk.data.print_damage.scans import scanned
from aedesk.data.print_damage.unseen_prints import LEAST_PX, unseen_print


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def source() -> Tensor:
    """(4, 3, 160, 192): smooth pictures."""
    return torch.nn.functional.interpolate(torch.rand((4, 3, 8, 8), generator=seeded(1)), size=(160, 192), mode="bicubic").clamp(0, 1)


def test_the_same_seed_gives_the_same_prints_and_another_one_others(source: Tensor) -> None:
    one, same, other = (damage_prints(source, DamageRange(), seeded(seed)) for seed in (5, 5, 6))
    assert torch.equal(one.picture, same.picture)
    assert torch.equal(one.mask, same.mask)
    assert not torch.equal(one.picture, other.picture)


def test_the_mask_shows_where_a_print_differs_from_the_undamaged_one(source: Tensor) -> None:
    seen = 0
    for seed in range(6):
        prints = damage_prints(source, DamageRange(clean=0.0), seeded(seed))
        assert prints.undamaged is not None
        assert prints.picture.shape == prints.mask.shape == prints.undamaged.shape == (4, 3, 80, 96)
        assert set(prints.mask.unique().tolist()) <= {0.0, 1.0}
        assert float(prints.mask.sum(1).max()) <= 1
        difference = (prints.picture - prints.undamaged).abs().amax(1)
        damaged = prints.mask.amax(1) > 0
        for change, where in zip(difference, damaged, strict=True):
            if 30 < int(where.sum()) < where.numel() // 2:
                seen += 1
                assert float(change[where].mean()) > 3 * float(change[~where].mean())
    assert seen >= 8


def test_undamaged_prints_have_an_empty_mask(source: Tensor) -> None:
    prints = damage_prints(source, DamageRange(clean=1.0, subjects=1.0), seeded())
    assert prints.undamaged is not None
    assert not prints.mask.any()
    assert torch.equal(prints.picture, prints.undamaged)
    assert damage_prints(source, DamageRange(clean=1.0), seeded(), undamaged=False).undamaged is None


def test_thin_lines_stay_in_a_mask_that_is_reduced() -> None:
    mask = torch.zeros(1, 1, 64, 64)
    mask[:, :, 30:32] = 1
    assert int(scanned_mask(mask, (40, 40)).sum()) >= 40


def test_gray_prints_are_gray_in_their_scans(source: Tensor) -> None:
    prints, gray = aged_print(source.repeat(8, 1, 1, 1), seeded(2))
    assert 0 < int(gray.sum()) < len(gray)
    scan = scanned(prints, (70, 90), gray, seed=3)
    assert scan.shape[2:] == (70, 90)
    equal = (scan == scan[:, :1]).flatten(1).all(1)
    assert bool(equal[gray.flatten()].all())
    assert torch.allclose(scan * 255, (scan * 255).round(), atol=1e-3)


def test_a_print_to_measure_on_is_the_same_for_every_kind_of_damage(source: Tensor) -> None:
    prints = [unseen_print(source[:1], kind, seed=4) for kind in DAMAGE_KINDS]
    for number, each in enumerate(prints):
        assert each.undamaged is not None
        assert torch.equal(each.undamaged, prints[0].undamaged)
        present = [bool(channel.any()) for channel in each.mask[0]]
        assert present == [index == number for index in range(len(DAMAGE_KINDS))]
        assert int(each.mask.sum()) >= LEAST_PX
    assert torch.equal(prints[0].picture, unseen_print(source[:1], DAMAGE_KINDS[0], seed=4).picture)


def test_lines_cover_about_a_fourth_of_the_area_of_stains(source: Tensor) -> None:
    areas = sum(damage_prints(source, DamageRange(), seeded(seed), undamaged=False).mask.sum((0, 2, 3)) for seed in range(25))
    assert isinstance(areas, Tensor)
    lines, specks, stains = areas.tolist()
    assert 0.12 < lines / stains < 0.5
    assert specks < lines
