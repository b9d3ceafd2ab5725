"""Damage is found on pictures of any size and depth, and only where the sensitivity says so."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.damage_specs import FindDamageResult, FindDamageSpec
from aedesk.core.errors import ModelError, SpecError
from aedesk.core.events import Finished, Progress, Started
from aedesk.damage import detector
from aedesk.damage.detector import load_detector, reduced
from aedesk.damage.find_damage import decided, find_damage
from aedesk.data.pictures.tensors import PixelSource
from aedesk.imaging.picture import Picture
from aedesk.models.families import FAMILIES
from aedesk.models.files.checkpoint import save_model


def blocks(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """(H, W, 3) of gray squares."""
    small = np.random.default_rng(seed).integers(0, 256, (-(-height // 8), -(-width // 8), 1), np.uint8)
    return np.kron(small, np.ones((8, 8, 3), np.uint8))[:height, :width]


def find(model: Path, picture: Picture, **changes: Any) -> FindDamageResult:
    *_, end = find_damage(FindDamageSpec(str(model), precision="float32", **changes), picture, CancelToken())
    assert isinstance(end, Finished)
    result: FindDamageResult = end.result
    return result


def probabilities_of(steps: Generator[tuple[int, int], None, NDArray[np.uint8]]) -> tuple[list[tuple[int, int]], NDArray[np.uint8]]:
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return seen, end.value


def test_bright_squares_are_found_by_who_learned_to(bright_model: Path) -> None:
    pixels = blocks(120, 160)
    result = find(bright_model, Picture(pixels))
    bright = pixels[:, :, 0] > 0.7 * 255
    assert float((result.mask[bright] == 255).mean()) > 0.9
    assert float((result.mask[~bright] == 0).mean()) > 0.8
    assert set(np.unique(result.mask)) <= {0, 255}
    assert result.area == np.count_nonzero(result.mask)
    assert np.array_equal(result.kinds > 0, result.mask > 0)
    assert np.median(result.kinds[result.mask > 0]) == 1


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (300, 5), (97, 131)])
def test_pictures_of_any_size_get_a_mask_of_that_size(bright_model: Path, shape: tuple[int, int]) -> None:
    assert find(bright_model, Picture(blocks(*shape))).mask.shape == shape


def test_gray_and_16_bit_pictures_are_seen_alike(bright_model: Path) -> None:
    pixels = blocks(60, 70)
    mask = find(bright_model, Picture(pixels)).mask
    assert np.array_equal(mask, find(bright_model, Picture(pixels.astype(np.uint16) * 257)).mask)
    assert np.array_equal(mask, find(bright_model, Picture(np.ascontiguousarray(pixels[:, :, :1]))).mask)


def test_what_is_fully_transparent_is_no_damage(bright_model: Path) -> None:
    pixels = np.full((64, 64, 3), 255, np.uint8)
    alpha = np.full((64, 64), 255, np.uint8)
    alpha[:, 32:] = 0
    result = find(bright_model, Picture(pixels, alpha=alpha))
    assert result.mask[:, :24].any()
    assert not result.mask[:, 32:].any()


def test_tiles_and_the_whole_agree(bright_model: Path) -> None:
    picture = Picture(blocks(520, 700))
    network = load_detector(str(bright_model), "cpu", "float32")
    seen, whole = probabilities_of(network.find(picture, CancelToken()))
    _, tiled = probabilities_of(network.find(picture, CancelToken(), tile_px=128))
    assert int(np.abs(whole.astype(int) - tiled).max()) <= 1
    assert seen[-1][0] == seen[-1][1] > 520 * 700
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


def test_a_picture_is_seen_at_scales_down_to_one_that_shows_it_whole(bright_model: Path) -> None:
    network = load_detector(str(bright_model), "cpu", "float32")
    sizes = []

    def note(_module: torch.nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        sizes.append(tuple(given[0].shape[2:]))

    handle = network.network.trunk.register_forward_pre_hook(note)
    try:
        probabilities_of(network.find(Picture(blocks(1000, 900)), CancelToken()))
    finally:
        handle.remove()
    assert [max(size) for size in sizes] == [256, 504, 1000]


def test_a_reduced_picture_is_made_of_means_whatever_the_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (71, 90, 3), np.uint8)
    source = PixelSource(pixels)
    whole = reduced(source, (90, 71), CancelToken())
    assert whole.shape == (36, 45, 3)
    assert abs(int(whole[3, 4, 0]) - pixels[6:8, 8:10, 0].mean()) <= 0.5
    monkeypatch.setattr(detector, "REDUCTION_TILE_PX", 20)
    assert np.array_equal(reduced(source, (90, 71), CancelToken()), whole)


def test_more_sensitivity_marks_more(bright_model: Path) -> None:
    picture = Picture(blocks(120, 160))
    areas = [find(bright_model, picture, sensitivity=sensitivity).area for sensitivity in (0.1, 0.5, 0.95)]
    assert areas == sorted(set(areas))


def test_weak_traces_count_where_they_continue_something_clear() -> None:
    found = np.zeros((20, 20, 3), np.uint8)
    found[5, 2:10, 1] = 140  # just above a half
    found[5, 10, 1] = 230
    found[15, 2:10, 2] = 140
    kinds = decided(found, 0.5)
    assert kinds[5, 2:11].tolist() == [2] * 9
    assert np.count_nonzero(kinds) == 9


def test_kinds_that_are_unsure_together_are_damage() -> None:
    found = np.full((4, 4, 3), 85, np.uint8)
    assert bool((decided(found, 0.5) > 0).all())


def test_a_search_can_be_cancelled(bright_model: Path) -> None:
    class Cancelled:
        def is_set(self) -> bool:
            return True

    with pytest.raises(JobCancelled):
        list(find_damage(FindDamageSpec(str(bright_model)), Picture(blocks(64, 64)), CancelToken(Cancelled())))


def test_progress_is_told_between_a_start_and_an_end(bright_model: Path) -> None:
    first, *middle, last = find_damage(FindDamageSpec(str(bright_model)), Picture(blocks(64, 64)), CancelToken())
    assert isinstance(first, Started)
    assert isinstance(last, Finished)
    assert middle
    assert all(isinstance(event, Progress) for event in middle)


def test_a_model_that_does_something_else_is_refused(tmp_path: Path) -> None:
    architecture = {"widths": [8], "blocks": [1]}
    network = FAMILIES["unet"].build(architecture)
    card = {"name": "denoiser", "purpose": "denoise", "family": "unet", "architecture": architecture}
    save_model(tmp_path / "denoiser.safetensors", network.state_dict(), card)
    with pytest.raises(ModelError, match="denoiser was not made to find damage"):
        load_detector(str(tmp_path / "denoiser.safetensors"))


@pytest.mark.parametrize("changes", [{"sensitivity": 1.5}, {"sensitivity": float("nan")}, {"precision": "half"}])
def test_wrong_requests_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=next(iter(changes))):
        FindDamageSpec(**changes)
