"""The shipped models on a real photograph: marks that no training had are found and come off; a scratch is filled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

from aedesk.core.cancel import CancelToken
from aedesk.core.erase_specs import EraseSpec, FindMarkSpec
from aedesk.core.events import Event
from aedesk.data.watermarks.fonts import built_in_font
from aedesk.imaging.io import read
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture
from aedesk.watermark.single import find as finding
from aedesk.watermark.single.erase import erase
from aedesk.watermark.single.find import find_mark
from aedesk.watermark.single.network import drained, load_eraser
from aedesk.watermark.single.overlay import Ink
from aedesk.watermark.single.overlay_stack import Layers

Run = Callable[[Iterator[Event]], Any]
WIDTH, HEIGHT = 640, 448


@pytest.fixture
def photo(project: Path) -> np.ndarray:
    return read(project / "resources" / "samples" / "portrait_clean.png").pixels


@pytest.fixture
def large(photo: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """The photograph three times as large, which is then searched at a third of its size."""
    for limit in ("WHOLE_PX", "SEARCH_PX"):
        monkeypatch.setattr(finding, limit, 400_000)
    return np.asarray(Image.fromarray(photo).resize((3 * WIDTH, 3 * HEIGHT), Image.Resampling.LANCZOS))


def word() -> Image.Image:
    canvas = Image.new("L", (WIDTH, HEIGHT))
    ImageDraw.Draw(canvas).text((60, 150), "Atelier 27", fill=255, font=built_in_font(110), stroke_width=2)
    return canvas


def logo() -> Image.Image:
    canvas = Image.new("L", (WIDTH * 4, HEIGHT * 4))
    draw = ImageDraw.Draw(canvas)
    draw.ellipse((1400, 900, 2200, 1700), fill=255)
    draw.regular_polygon((1800, 1300, 300), 3, fill=0)
    return canvas.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def tiles() -> Image.Image:
    canvas = Image.new("L", (2 * WIDTH, 2 * HEIGHT))
    draw = ImageDraw.Draw(canvas)
    for row, top in enumerate(range(0, 2 * HEIGHT, 120)):
        for left in range(-60 * (row % 2), 2 * WIDTH, 230):
            draw.text((left, top), "SPECIMEN", fill=255, font=built_in_font(38), stroke_width=1)
    turned = canvas.rotate(25, Image.Resampling.BICUBIC)
    return turned.crop((WIDTH // 2, HEIGHT // 2, WIDTH // 2 + WIDTH, HEIGHT // 2 + HEIGHT))


def marked(photo: np.ndarray, mark: Image.Image, alpha: float = 0.5) -> np.ndarray:
    cover = alpha * np.asarray(mark, np.float32)[:, :, None] / 255
    return np.rint(cover * 255 + (1 - cover) * photo).astype(np.uint8)


@pytest.mark.parametrize("mark", [word(), logo(), tiles()], ids=["word", "logo", "tiles"])
def test_a_mark_comes_off_a_photograph(result_of: Run, photo: np.ndarray, mark: Image.Image) -> None:
    seen = marked(photo, mark)
    result = result_of(erase(EraseSpec(), Picture(seen), None, CancelToken()))
    assert psnr(result.picture.pixels, photo) > psnr(seen, photo) + 6
    assert np.array_equal(result.picture.pixels[result.mask == 0], seen[result.mask == 0])


def test_what_is_found_can_be_given_back(result_of: Run, photo: np.ndarray) -> None:
    seen = Picture(marked(photo, word()))
    found = result_of(find_mark(FindMarkSpec(), seen, CancelToken()))
    result = result_of(erase(EraseSpec(), seen, found.mask, CancelToken()))
    assert psnr(result.picture.pixels, photo) > psnr(seen.pixels, photo) + 6


def test_a_large_picture_is_searched_small_and_unblended_at_full_size(result_of: Run, large: np.ndarray) -> None:
    size = large.shape[1::-1]
    seen = marked(large, logo().resize(size, Image.Resampling.LANCZOS))
    result = result_of(erase(EraseSpec(), Picture(seen), None, CancelToken()))
    assert psnr(result.picture.pixels, large) > psnr(seen, large) + 6


def test_of_a_mark_larger_than_the_network_sees_the_mask_can_be_given_back(result_of: Run, large: np.ndarray) -> None:
    size = large.shape[1::-1]
    canvas = Image.new("L", size)
    draw = ImageDraw.Draw(canvas)
    draw.ellipse((600, 200, 1500, 1100), fill=255)
    draw.regular_polygon((1050, 650, 330), 3, fill=0)
    seen = Picture(marked(large, canvas))
    mask = result_of(find_mark(FindMarkSpec(), seen, CancelToken())).mask
    result = result_of(erase(EraseSpec(), seen, mask, CancelToken()))
    assert psnr(result.picture.pixels, large) > psnr(seen.pixels, large) + 10
    mask[:, : 3 * WIDTH // 2] = 0
    half = result_of(erase(EraseSpec(feather_px=4), seen, mask, CancelToken())).picture
    changed = (half.pixels != seen.pixels).any(axis=2)
    assert changed.any()
    assert not changed[ndimage.distance_transform_edt(mask == 0) >= 4].any()


def test_an_ink_is_measured_again_at_full_size_and_nothing_is_made_of_its_rim(photo: np.ndarray) -> None:
    """As it was measured in the small picture it is far off, and the rough mask is wider than what is known of it."""
    factor, size = 3, (3 * WIDTH, 3 * HEIGHT)
    large = np.asarray(Image.fromarray(photo).resize(size, Image.Resampling.LANCZOS))
    seen = marked(large, word().resize(size, Image.Resampling.LANCZOS))
    core = np.asarray(word()) > 128
    rough = ndimage.binary_dilation(core, iterations=2)
    layers = Layers(core.astype(np.uint8), core.astype(np.uint8) * np.uint8(255), [Ink((0.3, 0.3, 0.3), 0.3, misfit=1.0)])
    eraser = load_eraser("erase-mark", "erase", "cpu", "float32")
    marks = drained(finding._look_closer(eraser, Picture(seen), rough, layers, factor, 0.5, CancelToken()))
    (ink,) = marks.layers.inks
    assert ink.alpha == pytest.approx(0.5, abs=0.03)
    assert ink.light == pytest.approx((0.5, 0.5, 0.5), abs=0.03)
    assert layers.inks[0].alpha == 0.3
    assert not marks.mask[marks.layers.which == 0].any()


def test_of_a_photograph_without_a_mark_hardly_anything_is_touched(result_of: Run, photo: np.ndarray) -> None:
    """One of the fifth of Kodak's pictures of which something is: paint on a face, 2.6 % of it."""
    result = result_of(erase(EraseSpec(), Picture(photo), None, CancelToken()))
    assert result.area_px < 0.03 * WIDTH * HEIGHT
    assert psnr(result.picture.pixels, photo) > 37


def test_a_scratch_is_filled(result_of: Run, photo: np.ndarray) -> None:
    canvas = Image.new("L", (WIDTH, HEIGHT))
    ImageDraw.Draw(canvas).line((80, 60, 300, 200, 560, 260), fill=255, width=5)
    scratch = np.asarray(canvas) > 0
    torn = np.where(scratch[:, :, None], np.uint8(255), photo)
    result = result_of(erase(EraseSpec(), Picture(torn), scratch, CancelToken()))
    assert psnr(result.picture.pixels, photo) > psnr(torn, photo) + 10
