"""Patches are crops of the pictures, drawn fairly."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from aedesk.core.errors import DataError
from aedesk.data.pictures.patches import Patches, PatchStore


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def coordinates(height: int, width: int) -> np.ndarray:
    """(H, W, 3): row, column, and 7 everywhere."""
    picture = np.full((height, width, 3), 7, np.uint8)
    picture[..., 0] = np.arange(height)[:, None]
    picture[..., 1] = np.arange(width)
    return picture


def test_a_patch_is_a_crop_of_one_picture_flipped_or_turned() -> None:
    patches = Patches([coordinates(20, 30)]).sample(200, 8, generator())
    assert patches.shape == (200, 3, 8, 8)
    seen = set()
    for rows, columns, third in patches.int().tolist():
        assert {value for row in third for value in row} == {7}
        rows_array, columns_array = np.array(rows), np.array(columns)
        turned = rows_array[0, 0] == rows_array[1, 0]
        if turned:
            rows_array, columns_array = rows_array.T, columns_array.T
        down, right = np.diff(rows_array[:, 0]), np.diff(columns_array[0])
        assert abs(down[0]) == 1
        assert abs(right[0]) == 1
        assert (down == down[0]).all()
        assert (right == right[0]).all()
        seen.add((bool(turned), int(down[0]), int(right[0])))
    assert len(seen) == 8


def test_upright_patches_are_neither_flipped_nor_turned() -> None:
    for rows, columns, _ in Patches([coordinates(20, 30)], upright=True).sample(50, 8, generator()).int():
        assert rows[:, 0].diff().tolist() == [1] * 7
        assert columns[0].diff().tolist() == [1] * 7


def test_pictures_are_drawn_in_proportion_to_their_area() -> None:
    pictures = [np.full((16, 16, 3), 0, np.uint8), np.full((16, 48, 3), 1, np.uint8)]
    patches = Patches(pictures).sample(4000, 16, generator())
    assert float(patches.float().mean()) == pytest.approx(3 / 4, abs=0.03)


def test_a_pair_is_cropped_and_turned_alike() -> None:
    picture = np.random.default_rng(0).integers(0, 200, (40, 30, 3), np.uint8)
    first, second = Patches([np.concatenate((picture, picture + 50), 2)]).sample(64, 16, generator()).chunk(2, 1)
    assert torch.equal(first + 50, second)


def test_patches_larger_than_a_picture_are_reflected_or_scaled() -> None:
    small, large = coordinates(10, 12), np.full((64, 80, 3), 200, np.uint8)
    cropped = Patches([small, large]).sample(300, 32, generator())
    assert any(int(patch[2].max()) == 7 for patch in cropped)
    assert {int(patch[0].max()) for patch in cropped} <= {9, 200}
    scaled = Patches([large, small], "scale").sample(300, 32, generator())
    assert cropped.shape == scaled.shape == (300, 3, 32, 32)
    # Enlarged threefold, a patch of the small picture shows nearly all of it.
    assert all(int(patch[0].max()) >= 8 for patch in scaled)


def test_a_draw_depends_on_the_seed_alone_and_not_on_earlier_patch_sizes() -> None:
    pictures = [np.random.default_rng(seed).integers(0, 256, (20, 24, 3), np.uint8) for seed in range(3)]
    straight, halting = Patches(pictures), Patches(pictures)
    for edge in (8, 32, 20):
        halting.sample(2, edge, generator(9))
    assert torch.equal(straight.sample(8, 16, generator(1)), halting.sample(8, 16, generator(1)))
    assert not torch.equal(straight.sample(8, 16, generator(1)), straight.sample(8, 16, generator(2)))


def test_without_pictures_there_are_no_patches() -> None:
    with pytest.raises(DataError, match="no training picture"):
        Patches([])


def test_slices_and_gather_give_the_same_patches() -> None:
    pictures = [np.random.default_rng(seed).integers(0, 256, (20 + seed, 30, 3), np.uint8) for seed in range(3)]
    slicing, gathering = PatchStore(pictures), PatchStore(pictures)
    gathering.pictures = []
    assert torch.equal(slicing.sample(64, 16, generator()), gathering.sample(64, 16, generator()))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_patches_are_the_same_on_a_gpu() -> None:
    pictures = [np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)]
    on_gpu = Patches(pictures, device="cuda").sample(16, 16, generator())
    assert on_gpu.device.type == "cuda"
    assert torch.equal(on_gpu.cpu(), Patches(pictures).sample(16, 16, generator()))
