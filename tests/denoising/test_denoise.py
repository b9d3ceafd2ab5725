"""The denoising service: depth, metadata, gray, alpha, strength and regions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import ModelError, SpecError
from aedesk.core.events import Event, Progress, Started
from aedesk.core.specs import HIGHEST_SIGMA, DenoiseSpec
from aedesk.denoising.denoise import denoise
from aedesk.imaging.picture import Picture
from aedesk.models.files.checkpoint import load_model, save_model

Run = Callable[[Iterator[Event]], Any]
Make = Callable[..., np.ndarray]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("alpha", [False, True])
def test_depth_channels_alpha_and_metadata_stay(
    tiny_model: Path, result_of: Run, make_pixels: Make, dtype: type, channels: int, alpha: bool
) -> None:
    mask = make_pixels(37, 45, 1, dtype, seed=5)[:, :, 0] if alpha else None
    picture = Picture(make_pixels(37, 45, channels, dtype), mask, icc=b"profile", exif=b"exif", xmp=b"xmp", dpi=(300, 300))
    result = result_of(denoise(DenoiseSpec(model=str(tiny_model)), picture, CancelToken()))
    restored = result.picture
    assert restored.pixels.shape == picture.pixels.shape
    assert restored.pixels.dtype == dtype
    assert not np.array_equal(restored.pixels, picture.pixels)
    assert (restored.icc, restored.exif, restored.xmp, restored.dpi) == (b"profile", b"exif", b"xmp", (300, 300))
    if mask is not None:
        assert np.array_equal(restored.alpha, mask)


def test_sixteen_bits_are_restored_in_sixteen_bits(tiny_model: Path, result_of: Run, make_pixels: Make) -> None:
    picture = Picture(make_pixels(64, 64, 3, np.uint16))
    restored = result_of(denoise(DenoiseSpec(model=str(tiny_model), sigma=10), picture, CancelToken())).picture.pixels
    assert len(np.unique(restored)) > 4000  # 8 bits would leave 256 values
    coarse = Picture((picture.pixels / 257 + 0.5).astype(np.uint8))
    eight = result_of(denoise(DenoiseSpec(model=str(tiny_model), sigma=10), coarse, CancelToken())).picture.pixels
    assert np.abs(restored / 257 - eight).max() < 6


def test_strength_zero_gives_the_picture_back_and_half_lies_between(tiny_model: Path, result_of: Run, make_pixels: Make) -> None:
    picture = Picture(make_pixels(40, 40))

    def restore(**options: Any) -> np.ndarray:
        spec = DenoiseSpec(model=str(tiny_model), sigma=20, **options)
        return result_of(denoise(spec, picture, CancelToken())).picture.pixels.astype(int)

    assert np.array_equal(restore(strength=0), picture.pixels)
    full, half = restore(), restore(strength=0.5)
    assert np.abs(half - (full + picture.pixels.astype(int)) / 2).max() <= 0.5
    only_colour = restore(strength=0, chroma_strength=1)
    luma = (only_colour - picture.pixels) @ np.array([0.299, 0.587, 0.114])
    inside = ((only_colour > 0) & (only_colour < 255)).all(2)
    assert np.abs(luma[inside]).max() < 1


@pytest.mark.parametrize("region", [(0, 0, 33, 21), (40, 30, 20, 30), (17, 3, 1, 1)])
def test_a_region_is_restored_as_in_the_whole_picture(
    tiny_model: Path, result_of: Run, make_pixels: Make, region: tuple[int, int, int, int]
) -> None:
    picture = Picture(make_pixels(60, 60))
    whole = result_of(denoise(DenoiseSpec(model=str(tiny_model)), picture, CancelToken())).picture
    part = result_of(denoise(DenoiseSpec(model=str(tiny_model), region=region), picture, CancelToken())).picture
    expected = whole.crop(*region).pixels.astype(int)
    assert part.pixels.shape == expected.shape
    assert np.abs(part.pixels - expected).max() <= 1


def test_colours_under_transparent_pixels_do_not_bleed_and_are_kept(tiny_model: Path, result_of: Run, make_pixels: Make) -> None:
    pixels = make_pixels(64, 64)
    alpha = np.full((64, 64), 255, np.uint8)
    alpha[20:40, 20:40] = 0

    def restore(hidden: int) -> np.ndarray:
        filled = pixels.copy()
        filled[alpha == 0] = hidden
        picture = Picture(filled, alpha)
        restored = result_of(denoise(DenoiseSpec(model=str(tiny_model), sigma=20), picture, CancelToken())).picture.pixels
        assert (restored[alpha == 0] == hidden).all()
        return restored

    black, white = restore(0), restore(255)
    assert np.array_equal(black[alpha > 0], white[alpha > 0])


def test_the_job_tells_how_far_it_is(tiny_model: Path, make_pixels: Make) -> None:
    events = list(denoise(DenoiseSpec(model=str(tiny_model), tile_px=32, sigma=5), Picture(make_pixels(64, 96)), CancelToken()))
    assert isinstance(events[0], Started)
    done = [event.done for event in events if isinstance(event, Progress)]
    assert done == sorted(done)
    assert len(done) == 6
    assert done[-1] == pytest.approx(events[0].total)


@pytest.mark.parametrize("region", [(-1, 0, 5, 5), (0, 0, 0, 5), (60, 0, 5, 5)])
def test_a_region_outside_the_picture_is_an_error(tiny_model: Path, make_pixels: Make, region: tuple[int, int, int, int]) -> None:
    with pytest.raises(SpecError, match="64 x 64"):
        list(denoise(DenoiseSpec(model=str(tiny_model), region=region), Picture(make_pixels(64, 64)), CancelToken()))


def test_a_model_that_does_not_exist_is_named(make_pixels: Make) -> None:
    with pytest.raises(ModelError, match="no-such-model"):
        list(denoise(DenoiseSpec(model="no-such-model"), Picture(make_pixels(8, 8)), CancelToken()))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_gray_picture_stored_as_rgb_stays_gray(tiny_model: Path, result_of: Run, make_pixels: Make, dtype: type) -> None:
    picture = Picture(np.repeat(make_pixels(48, 64, 1, dtype), 3, axis=2))
    for options in ({}, {"sigma": 50.0}, {"strength": 0.3, "chroma_strength": 0.9}, {"region": (8, 8, 16, 24)}):
        restored = result_of(denoise(DenoiseSpec(model=str(tiny_model), **options), picture, CancelToken())).picture.pixels
        assert restored.shape[2] == 3
        assert not np.array_equal(restored, picture.pixels[:24, :16] if "region" in options else picture.pixels)
        assert np.array_equal(restored[..., 0], restored[..., 1])
        assert np.array_equal(restored[..., 0], restored[..., 2])


def test_a_gray_part_of_a_colour_picture_is_restored_as_in_the_whole_picture(tiny_model: Path, result_of: Run, make_pixels: Make) -> None:
    pixels = np.repeat(make_pixels(64, 64, 1), 3, axis=2)
    pixels[60:, 60:, 0] ^= 255
    picture, region = Picture(pixels), (0, 0, 32, 32)
    whole = result_of(denoise(DenoiseSpec(model=str(tiny_model), sigma=20), picture, CancelToken())).picture
    part = result_of(denoise(DenoiseSpec(model=str(tiny_model), sigma=20, region=region), picture, CancelToken())).picture
    assert np.abs(part.pixels.astype(int) - whole.crop(*region).pixels).max() <= 1


def test_the_estimated_level_stays_within_what_can_be_set_by_hand(tiny_model: Path, result_of: Run, make_pixels: Make) -> None:
    network, card = load_model(tiny_model)
    with torch.no_grad():
        network.estimator.tail.bias.fill_(50.0)
    loud = save_model(tiny_model.with_name("loud.safetensors"), network.state_dict(), card, torch.float32)
    result = result_of(denoise(DenoiseSpec(model=str(loud)), Picture(make_pixels(64, 64)), CancelToken()))
    assert result.sigma == HIGHEST_SIGMA
