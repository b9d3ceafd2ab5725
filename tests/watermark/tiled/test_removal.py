"""A watermark tiled over one picture is removed; periodic pictures are left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.erase_specs import EraseSpec, FindMarkSpec
from aedesk.core.events import Event
from aedesk.core.generators import result_of as result_of_steps
from aedesk.data.watermarks.fonts import built_in_font
from aedesk.imaging.io import read
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture
from aedesk.watermark.single.erase import erase, is_widespread
from aedesk.watermark.single.find import find_mark
from aedesk.watermark.tiled.removal import TiledMark, find_tiled_mark

Run = Callable[[Iterator[Event]], Any]
WIDTH, HEIGHT = 640, 448


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return read(Path(__file__).resolve().parents[3] / "resources" / "samples" / "portrait_clean.png").pixels


def tiles(angle: float, pitch: tuple[int, int] = (130, 70)) -> np.ndarray:
    """Coverage (H, W, 1) of a word, repeated and rotated."""
    canvas = Image.new("L", (2 * WIDTH, 2 * HEIGHT))
    for row, top in enumerate(range(0, 2 * HEIGHT, pitch[1])):
        for left in range(-pitch[0] // 2 * (row % 2), 2 * WIDTH, pitch[0]):
            ImageDraw.Draw(canvas).text((left, top), "SPECIMEN", fill=255, font=built_in_font(20))
    rotated = canvas.rotate(angle, Image.Resampling.BICUBIC)
    box = (WIDTH // 2, HEIGHT // 2, WIDTH // 2 + WIDTH, HEIGHT // 2 + HEIGHT)
    return np.asarray(rotated.crop(box), np.float32)[:, :, None] / 255


def marked(photo: np.ndarray, cover: np.ndarray, alpha: float = 0.4, white: float = 255) -> np.ndarray:
    return np.rint(alpha * cover * white + (1 - alpha * cover) * photo).astype(np.uint8)


def find(pixels: np.ndarray) -> TiledMark | None:
    mark: TiledMark | None = result_of_steps(find_tiled_mark(Picture(pixels), CancelToken()))
    return mark


def inside(one: np.ndarray, two: np.ndarray, cover: np.ndarray) -> float:
    where = cover[:, :, 0] > 0.03
    return psnr(one[where][None], two[where][None])


@pytest.mark.parametrize("angle", [0, 30])
def test_a_tiled_watermark_is_removed_and_other_pixels_keep_every_bit(photo: np.ndarray, angle: float) -> None:
    cover = tiles(angle)
    seen = marked(photo, cover)
    mark = find(seen)
    assert mark is not None
    clean = mark.remove_from(seen)
    assert inside(clean, photo, cover) > inside(seen, photo, cover) + 10
    assert mark.alpha(WIDTH, HEIGHT)[cover[:, :, 0] == 1].mean() == pytest.approx(0.4, abs=0.05)
    untouched = mark.alpha(WIDTH, HEIGHT) == 0
    assert untouched.mean() > 0.3
    assert np.array_equal(clean[untouched], seen[untouched])


def test_a_tiled_watermark_is_removed_from_a_gray_16_bit_picture(photo: np.ndarray) -> None:
    cover = tiles(0)
    gray = marked(photo.mean(2, keepdims=True), cover).astype(np.uint16) * 257
    mark = find(gray)
    assert mark is not None
    clean = mark.remove_from(gray)
    assert clean.dtype == np.uint16
    truth = np.rint(photo.mean(2, keepdims=True)).astype(np.uint8)
    assert inside((clean // 257).astype(np.uint8), truth, cover) > inside((gray // 257).astype(np.uint8), truth, cover) + 6


def test_nothing_is_found_on_a_photograph_without_a_tiled_watermark(photo: np.ndarray) -> None:
    assert find(photo) is None


def periodic(kind: str) -> np.ndarray:
    """A pattern (H, W, 3) uint8 in uneven light, with noise."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(float)
    row = y // 36
    pattern = {
        "stripes": x % 60 < 20,
        "checks": (x // 32 + y // 32) % 2,
        "bricks": np.minimum(y % 36 > 3, (x + 36 * (row % 2)) % 72 > 3),
        "fence": np.maximum(x % 48 < 9, y % 150 < 12),
        "weave": np.where((x // 24 + y // 24) % 2 > 0, np.sin(x / 2) ** 2, np.sin(y / 2) ** 2),
    }[kind].astype(float)
    light = 0.6 + 0.4 * np.sin(x / 130) * np.cos(y / 170)
    noise = np.random.default_rng(1).normal(0, 0.02, x.shape)
    return np.rint(255 * np.clip((0.3 + 0.5 * pattern) * light + noise, 0, 1))[:, :, None].astype(np.uint8) * np.array([1, 1, 1], np.uint8)


@pytest.mark.parametrize("kind", ["stripes", "checks", "bricks", "fence", "weave"])
def test_a_periodic_texture_is_not_taken_for_a_watermark(kind: str) -> None:
    assert find(periodic(kind)) is None


def test_an_opaque_pattern_over_a_photograph_is_not_taken_for_a_watermark(photo: np.ndarray) -> None:
    assert find(marked(photo, (periodic("fence")[:, :, :1] > 120).astype(np.float32), 1.0, 90)) is None


@pytest.mark.slow
def test_the_services_find_and_remove_a_tiled_watermark_with_and_without_its_mask(photo: np.ndarray, result_of: Run) -> None:
    cover = tiles(0)
    seen = Picture(marked(photo, cover))
    mask = result_of(find_mark(FindMarkSpec(device="cpu"), seen, CancelToken())).mask
    assert (mask[cover[:, :, 0] > 0.5] == 255).mean() > 0.98
    assert (mask > 0).mean() < 3 * (cover > 0.03).mean()
    for given in (None, mask):
        result = result_of(erase(EraseSpec(device="cpu"), seen, given, CancelToken()))
        assert inside(result.picture.pixels, photo, cover) > inside(seen.pixels, photo, cover) + 10
        assert np.array_equal(result.picture.pixels[result.mask == 0], seen.pixels[result.mask == 0])


def test_only_a_mask_over_most_of_the_picture_is_widespread() -> None:
    mask = np.zeros((100, 200), np.uint8)
    assert not is_widespread(mask)
    mask[10:30, 20:60] = 255
    assert not is_widespread(mask)
    mask[80:90, 170:190] = 255
    assert is_widespread(mask)


def test_the_search_can_be_cancelled(photo: np.ndarray) -> None:
    class Cancelled:
        def is_set(self) -> bool:
            return True

        def check(self) -> None:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        result_of_steps(find_tiled_mark(Picture(marked(photo, tiles(0))), Cancelled()))  # type: ignore[arg-type]
