"""The plug-in with a real codec behind it, if a tiny one that has learned nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_codec import make_codec

import aedesk.codec.pillow_plugin
from aedesk.codec.api import decode
from aedesk.imaging.metrics import psnr
from aedesk.settings.places import models_dir

Pixels = Callable[..., np.ndarray]


@pytest.fixture(autouse=True)
def tiny(home: Path) -> None:
    models_dir().mkdir(parents=True)
    make_codec(models_dir())


def there_and_back(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, aedesk.codec.pillow_plugin.FORMAT, quality=100, model="tiny")
    with Image.open(file) as again:
        return again.tobytes()


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_an_image_is_similar_and_its_alpha_identical(make_pixels: Pixels, mode: str) -> None:
    image = Image.fromarray(make_pixels(50, 70, 4), "RGBA").convert(mode)
    before = np.asarray(image).reshape(50, 70, -1)
    after = np.frombuffer(there_and_back(image), np.uint8).reshape(before.shape)
    if mode.endswith("A"):
        assert np.array_equal(after[:, :, -1], before[:, :, -1])
    else:
        assert psnr(after, before) > 15  # 16 components of 768


def test_pillow_gets_the_same_pixels_as_the_program(make_pixels: Pixels) -> None:
    file = BytesIO()
    image = Image.fromarray(make_pixels(50, 70, 1, np.uint16)[:, :, 0])
    image.save(file, "AED", model="tiny")
    with Image.open(file) as again:
        assert np.array_equal(np.asarray(again), decode(file.getvalue()).picture.pixels[:, :, 0])


def test_several_threads_get_the_same_results(make_pixels: Pixels) -> None:
    images = [Image.fromarray(make_pixels(40, 48, seed=seed)) for seed in range(6)]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(there_and_back, images)) == [there_and_back(image) for image in images]


def test_a_missing_model_is_an_os_error(make_pixels: Pixels, tmp_path: Path) -> None:
    other = make_codec(tmp_path, "other", seed=1)
    file = BytesIO()
    Image.fromarray(make_pixels(40, 48)).save(file, "AED", model=str(other))
    with Image.open(file) as image, pytest.raises(OSError, match="is not here"):
        image.load()
    file = BytesIO()
    Image.fromarray(make_pixels(40, 48)).save(file, "AED", model=str(other), embed_model=True)
    with Image.open(file) as image:
        image.load()
