"""Inpainting of a picture: only masked pixels change, and other holes do not serve as context."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import ModelError
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.inpainting.inpaint import Inpainter, holes_of_part, inpaint
from aedesk.models.families import FAMILIES
from aedesk.models.files.checkpoint import save_model

Make = Callable[..., np.ndarray]
SMALL = {"widths": [8, 8, 8], "blocks": [1, 1, 1]}


@pytest.fixture
def model(tmp_path: Path) -> str:
    torch.manual_seed(0)
    network = FAMILIES["inpainting"].build(SMALL)
    card = {"name": "filler", "purpose": "inpaint", "family": "inpainting", "architecture": SMALL}
    return str(save_model(tmp_path / "filler.safetensors", network.state_dict(), card, torch.float32))


def inpainted(picture: Picture, mask: np.ndarray, model: str) -> Inpainter:
    inpainter = Inpainter(picture, model, "cpu", "float32", CancelToken())
    progress = list(inpaint(inpainter, mask, 3))
    assert all(0 < done <= total for done, total in progress)
    return inpainter


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_only_masked_and_visible_pixels_change(model: str, make_pixels: Make, dtype: type) -> None:
    alpha = np.full((70, 90), 255, dtype)
    alpha[:, 50:] = 0
    picture, mask = Picture(make_pixels(70, 90, dtype=dtype), alpha), np.zeros((70, 90), np.uint8)
    mask[20:40, 30:60] = 255
    result = inpainted(picture, mask, model)
    changed = (result.pixels != picture.pixels).any(axis=2)
    assert changed[20:40, 30:50].mean() > 0.5
    assert not changed[(mask == 0) | (alpha == 0)].any()
    assert np.array_equal(result.taken > 0, (mask > 0) & (alpha > 0))
    assert result.pixels.dtype == dtype


def test_the_values_in_holes_have_no_influence(model: str, make_pixels: Make) -> None:
    pixels, mask = make_pixels(80, 200), np.zeros((80, 200), np.uint8)
    mask[20:40, 20:40] = mask[30:50, 120:150] = 255
    other = pixels.copy()
    other[mask > 0] = 255 - other[mask > 0]
    first, second = (inpainted(Picture(each), mask, model).pixels for each in (pixels, other))
    assert np.array_equal(first, second)


def test_an_empty_mask_needs_no_model(make_pixels: Make) -> None:
    picture = Picture(make_pixels(20, 20))
    assert np.array_equal(inpainted(picture, np.zeros((20, 20), np.uint8), "missing").pixels, picture.pixels)
    with pytest.raises(ModelError):
        inpainted(picture, np.full((20, 20), 255, np.uint8), "missing")


def test_the_holes_of_a_part_are_given_for_any_box() -> None:
    hidden = np.array([[True, False], [False, True]])
    holes = holes_of_part(Box(3, 2, 5, 4), hidden)
    assert np.array_equal(holes(Box(2, 1, 5, 4)), np.pad(hidden, ((1, 0), (1, 0))))
    everywhere = holes_of_part(Box(3, 2, 5, 4), hidden, lambda box: np.ones((box.height, box.width), np.float32))
    assert everywhere(Box(2, 1, 5, 4)).sum() == 9 - 2
