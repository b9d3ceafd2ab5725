"""The shipped models on a photograph: watermarks unlike those of the training are removed, a scratch is inpainted."""

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
from aedesk.core.generators import result_of as run
from aedesk.data.watermarks.fonts import built_in_font
from aedesk.imaging.io import read
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture
from aedesk.watermark.single import detection
from aedesk.watermark.single.erase import erase
from aedesk.watermark.single.find import find_mark
from aedesk.watermark.single.full_resolution_search import locate_at_full_resolution
from aedesk.watermark.single.network import load_erase_network
from aedesk.watermark.single.overlay import UniformOverlay
from aedesk.watermark.single.overlay_stack import OverlayStack

Run = Callable[[Iterator[Event]], Any]
WIDTH, HEIGHT = 640, 448


@pytest.fixture
def photo(project: Path) -> np.ndarray:
    return read(project / "resources" / "samples" / "portrait_clean.png").pixels


@pytest.fixture
def large(photo: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """The photograph enlarged three times, and searched downscaled by 3."""
    monkeypatch.setattr(detection, "SCALE", detection.ScaleSettings(400_000, 400_000))
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
def test_a_watermark_is_removed_from_a_photograph(result_of: Run, photo: np.ndarray, mark: Image.Image) -> None:
    given = marked(photo, mark)
    result = result_of(erase(EraseSpec(), Picture(given), None, CancelToken()))
    assert psnr(result.picture.pixels, photo) > psnr(given, photo) + 6
    assert np.array_equal(result.picture.pixels[result.mask == 0], given[result.mask == 0])


def test_the_found_mask_can_be_used_for_erasing(result_of: Run, photo: np.ndarray) -> None:
    given = Picture(marked(photo, word()))
    found = result_of(find_mark(FindMarkSpec(), given, CancelToken()))
    result = result_of(erase(EraseSpec(), given, found.mask, CancelToken()))
    assert psnr(result.picture.pixels, photo) > psnr(given.pixels, photo) + 6


def test_a_large_picture_is_searched_downscaled_and_unblended_at_full_resolution(result_of: Run, large: np.ndarray) -> None:
    size = large.shape[1::-1]
    given = marked(large, logo().resize(size, Image.Resampling.LANCZOS))
    result = result_of(erase(EraseSpec(), Picture(given), None, CancelToken()))
    assert psnr(result.picture.pixels, large) > psnr(given, large) + 6


def test_the_found_mask_of_a_watermark_beyond_the_receptive_field_can_be_used(result_of: Run, large: np.ndarray) -> None:
    size = large.shape[1::-1]
    canvas = Image.new("L", size)
    draw = ImageDraw.Draw(canvas)
    draw.ellipse((600, 200, 1500, 1100), fill=255)
    draw.regular_polygon((1050, 650, 330), 3, fill=0)
    given = Picture(marked(large, canvas))
    mask = result_of(find_mark(FindMarkSpec(), given, CancelToken())).mask
    result = result_of(erase(EraseSpec(), given, mask, CancelToken()))
    assert psnr(result.picture.pixels, large) > psnr(given.pixels, large) + 10
    mask[:, : 3 * WIDTH // 2] = 0
    half = result_of(erase(EraseSpec(feather_px=4), given, mask, CancelToken())).picture
    changed = (half.pixels != given.pixels).any(axis=2)
    assert changed.any()
    assert not changed[ndimage.distance_transform_edt(mask == 0) >= 4].any()


def test_an_overlay_is_refitted_at_full_resolution_without_a_rim(photo: np.ndarray) -> None:
    """The fit from the downscaled picture is far off, and the rough mask is wider than the overlay."""
    factor, size = 3, (3 * WIDTH, 3 * HEIGHT)
    large = np.asarray(Image.fromarray(photo).resize(size, Image.Resampling.LANCZOS))
    given = marked(large, word().resize(size, Image.Resampling.LANCZOS))
    core = np.asarray(word()) > 128
    rough = ndimage.binary_dilation(core, iterations=2)
    overlay = UniformOverlay((0.3, 0.3, 0.3), 0.3, residual=1.0)
    small = OverlayStack(core.astype(np.uint8), core.astype(np.uint8) * np.uint8(255), [overlay])
    network = load_erase_network("erase-mark", "cpu", "float32")
    mask, _, stack = run(locate_at_full_resolution(network, Picture(given), rough, small, factor, 0.0, 0.3, CancelToken()))
    (refitted,) = stack.overlays
    assert refitted.alpha == pytest.approx(0.5, abs=0.03)
    assert refitted.premultiplied == pytest.approx((0.5, 0.5, 0.5), abs=0.03)
    assert small.overlays[0].alpha == 0.3
    assert not mask[stack.index == 0].any()


def test_a_photograph_without_a_watermark_is_hardly_changed(result_of: Run, photo: np.ndarray) -> None:
    """One of the fifth of the Kodak pictures that are changed at all: face paint, 2.6 % of the picture."""
    result = result_of(erase(EraseSpec(), Picture(photo), None, CancelToken()))
    assert result.area_px < 0.03 * WIDTH * HEIGHT
    assert psnr(result.picture.pixels, photo) > 37


def test_a_scratch_is_inpainted(result_of: Run, photo: np.ndarray) -> None:
    canvas = Image.new("L", (WIDTH, HEIGHT))
    ImageDraw.Draw(canvas).line((80, 60, 300, 200, 560, 260), fill=255, width=5)
    scratch = np.asarray(canvas) > 0
    scratched = np.where(scratch[:, :, None], np.uint8(255), photo)
    result = result_of(erase(EraseSpec(), Picture(scratched), scratch, CancelToken()))
    assert psnr(result.picture.pixels, photo) > psnr(scratched, photo) + 10
