"""From the command line to the bytes and back with a real codec, if a tiny one that has learned nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_codec import make_codec

from aedesk.imaging import io
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture
from aedesk.settings.places import models_dir

Call = Callable[..., Any]
EXIF = b"II*\0\x08\0\0\0\x01\0\x0f\x01\x02\0\x08\0\0\0\x1a\0\0\0\0\0\0\0a maker\0"


@pytest.fixture
def tiny(home: Path) -> str:
    """The codec is among the person's own models, where decoding looks for it."""
    models_dir().mkdir(parents=True)
    make_codec(models_dir())
    return "tiny"


def test_size_and_fidelity_of_a_file_are_what_evaluate_says(tiny: str, aedesk: Call, make_file: Call, tmp_path: Path) -> None:
    source = make_file(tmp_path / "in" / "a.png", 80, 100)
    encoded = aedesk("encode", source, "-o", tmp_path / "a.aed", "--model", tiny, "--quality", 70, "--psnr")
    assert (encoded.code, encoded.err) == (0, "")
    decoded = aedesk("decode", tmp_path / "a.aed", "-o", tmp_path / "b.png")
    assert (decoded.code, decoded.err) == (0, "")
    measured = aedesk("evaluate", "codec", "--data", tmp_path / "in", "--model", tiny, "--qualities", 70, "--json")
    (point,) = json.loads(measured.out)["codecs"][0]["points"]
    fidelity = psnr(io.read(source).pixels, io.read(tmp_path / "b.png").pixels)
    assert point["bpp"] == pytest.approx(8 * (tmp_path / "a.aed").stat().st_size / 8000, abs=1e-5)
    assert point["psnr"] == pytest.approx(fidelity, abs=1e-4)
    assert f"{fidelity:.2f} dB" in encoded.out
    assert json.loads(aedesk("info", tmp_path / "a.aed", "--json").out)["model"] == tiny


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_metadata_depth_and_alpha_come_back(
    tiny: str, aedesk: Call, make_pixels: Call, tmp_path: Path, channels: int, dtype: type[np.unsignedinteger]
) -> None:
    from PIL import ImageCms

    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    alpha = make_pixels(60, 70, 1, dtype, seed=5)[:, :, 0]
    picture = Picture(make_pixels(60, 70, channels, dtype), alpha, icc, EXIF, b"<x:xmpmeta/>", (300.0, 300.0))
    io.write(picture, tmp_path / "a.tif")
    assert aedesk("encode", tmp_path / "a.tif", "-o", tmp_path / "a.aed", "--model", tiny).code == 0
    assert aedesk("decode", tmp_path / "a.aed", "-o", tmp_path / "b.png").code == 0
    before, after = io.read(tmp_path / "a.tif"), io.read(tmp_path / "b.png")
    assert after.pixels.shape == before.pixels.shape
    assert after.pixels.dtype == dtype
    assert after.alpha is not None
    assert np.array_equal(after.alpha, alpha)
    assert (after.icc, after.exif, after.xmp) == (before.icc, before.exif, before.xmp)
    assert after.dpi == pytest.approx((300, 300), abs=0.02)


def test_a_file_of_an_unknown_model_is_told_unless_the_model_is_inside(aedesk: Call, make_file: Call, tmp_path: Path) -> None:
    model = make_codec(tmp_path, "elsewhere", seed=1)
    source = make_file(tmp_path / "a.png")
    assert aedesk("encode", source, "-o", tmp_path / "a.aed", "--model", model).code == 0
    refused = aedesk("decode", tmp_path / "a.aed", "-o", tmp_path / "b.png")
    assert refused.code == 1
    document = json.loads(aedesk("info", tmp_path / "a.aed", "--json").out)
    assert document["model"] is None
    assert document["model_id"] in refused.err
    assert "--embed-model" in refused.err
    assert aedesk("encode", source, "-o", tmp_path / "c.aed", "--model", model, "--embed-model").code == 0
    assert aedesk("decode", tmp_path / "c.aed", "-o", tmp_path / "c.png").code == 0


def test_targets_are_kept(tiny: str, aedesk: Call, make_file: Call, tmp_path: Path) -> None:
    source = make_file(tmp_path / "a.png", 64, 96)
    assert aedesk("encode", source, "-o", tmp_path / "middle.aed", "--model", tiny, "--quality", 50).code == 0
    size = (tmp_path / "middle.aed").stat().st_size
    assert aedesk("encode", source, "-o", tmp_path / "a.aed", "--model", tiny, "--target-size", size).code == 0
    assert (tmp_path / "a.aed").stat().st_size <= size
    bpp = 8 * size / (64 * 96)
    assert aedesk("encode", source, "-o", tmp_path / "b.aed", "--model", tiny, "--target-bpp", bpp).code == 0
    assert (tmp_path / "b.aed").read_bytes() == (tmp_path / "a.aed").read_bytes()


def test_any_autoencoder_stores_pictures_even_one_without_colour(aedesk: Call, make_file: Call, tmp_path: Path) -> None:
    import torch

    from aedesk.models.families import FAMILIES
    from aedesk.models.files.checkpoint import save_model

    architecture = {"channels": 1, "size_px": 8, "hidden": [], "code": 6}
    network = FAMILIES["undercomplete"].build(architecture)
    card = {"name": "gray", "purpose": "autoencoder", "family": "undercomplete", "architecture": architecture}
    gray = save_model(tmp_path / "gray.safetensors", network.state_dict(), card, torch.float32)
    source = make_file(tmp_path / "a.png")
    done = aedesk("encode", source, "-o", tmp_path / "a.aed", "--model", gray, "--embed-model", "--psnr")
    assert (done.code, done.err) == (0, "")
    assert aedesk("decode", tmp_path / "a.aed", "-o", tmp_path / "b.png").code == 0
    pixels = io.read(source).pixels
    shown = np.broadcast_to(io.read(tmp_path / "b.png").pixels, pixels.shape)
    assert f"{psnr(pixels, shown):.2f} dB" in done.out


def test_a_model_without_a_latent_is_bad_usage(aedesk: Call, model: Path, make_file: Call, tmp_path: Path) -> None:
    done = aedesk("encode", make_file(tmp_path / "a.png"), "-o", tmp_path / "a.aed", "--model", model)
    assert done.code == 2
    assert "denoise" in done.err
