"""Evaluation: the protocol, the pairs, the figures."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from aedesk.analysis.denoise import baselines as denoise_baselines
from aedesk.analysis.denoise.evaluate import evaluate_denoise
from aedesk.analysis.denoise.evaluation_set import samples
from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DataError, SpecError
from aedesk.core.events import Finished
from aedesk.core.specs import EvaluateDenoiseSpec
from aedesk.models.families import FAMILIES
from aedesk.models.files.checkpoint import save_model


@pytest.fixture
def identity_model(tmp_path: Path) -> str:
    """A denoiser that changes nothing: its figures are those of the noise."""
    architecture = {"widths": [8], "blocks": [1], "estimator_width": 8}
    network = FAMILIES["unet"].build(architecture)
    with torch.no_grad():
        network.tail.weight.zero_()
    card = {"name": "identity", "purpose": "denoise", "family": "unet", "architecture": architecture}
    return str(save_model(tmp_path / "identity.safetensors", network.state_dict(), card))


@pytest.fixture
def clean_folder(tmp_path: Path, make_pixels: Callable[..., np.ndarray]) -> Path:
    folder = tmp_path / "clean"
    folder.mkdir()
    Image.fromarray(make_pixels(61, 83, seed=1)).save(folder / "colour.png")
    Image.fromarray(make_pixels(50, 40, 1, seed=2)[:, :, 0]).save(folder / "gray.png")
    return folder


def result(**options: Any) -> dict[str, Any]:
    *_, last = evaluate_denoise(EvaluateDenoiseSpec(**options), CancelToken())
    assert isinstance(last, Finished)
    return last.result


def test_the_noise_is_float_unclipped_and_seeded(clean_folder: Path) -> None:
    spec = EvaluateDenoiseSpec(sigma=50.0)
    count, first = samples(clean_folder, spec)
    first = list(first)
    again = list(samples(clean_folder, spec)[1])
    assert count == len(first) == 2
    for a, b in zip(first, again, strict=True):
        assert np.array_equal(a.noisy, b.noisy)
        assert a.noisy.min() < 0
        assert np.std(a.noisy - a.clean) * 255 == pytest.approx(50, rel=0.05)
        assert len(np.unique(a.noisy)) > 1000
    assert first[1].noisy.shape[2] == 1


def test_a_model_that_does_nothing_scores_what_the_noise_scores(identity_model: str, clean_folder: Path) -> None:
    found = result(data=str(clean_folder), model=identity_model, sigma=10.0, device="cpu")
    assert json.loads(json.dumps(found)) == found
    assert found["n"] == 2
    assert found["psnr_noisy"] == pytest.approx(28.13, abs=0.3)  # few pixels
    # Clamping to [0, 1] removes a little of the noise.
    assert found["psnr_noisy"] <= found["psnr"] < found["psnr_noisy"] + 0.4
    for key in ("task", "model", "data", "sigma", "ssim", "megapixels_per_s", "device", "precision"):
        assert key in found
    assert found["data"] == "clean"


def test_pairs_are_measured_against_their_clean_shot(identity_model: str, tmp_path: Path) -> None:
    folder = tmp_path / "pairs"
    folder.mkdir()
    Image.fromarray(np.full((32, 32, 3), 100, np.uint8)).save(folder / "a_mean.png")
    Image.fromarray(np.full((32, 32, 3), 110, np.uint8)).save(folder / "a_real.png")
    found = result(data=str(folder), model=identity_model, device="cpu")
    assert found["psnr"] == pytest.approx(20 * np.log10(25.5), abs=0.01)
    assert found["auto"] is True
    (folder / "a_mean.png").unlink()
    with pytest.raises(DataError, match="no partner"):
        result(data=str(folder), model=identity_model)


def test_jpeg_is_what_libjpeg_makes_of_the_pictures(identity_model: str, clean_folder: Path) -> None:
    found = result(data=str(clean_folder), model=identity_model, jpeg=10, device="cpu")
    assert found["auto"] is True
    assert found["jpeg"] == 10
    sample = next(samples(clean_folder, EvaluateDenoiseSpec(jpeg=10))[1])
    file = io.BytesIO()
    Image.open(clean_folder / sample.name).save(file, "JPEG", quality=10)
    assert np.array_equal(np.rint(sample.noisy * 255), np.asarray(Image.open(file)))
    assert np.array_equal(np.rint(sample.clean * 255), np.asarray(Image.open(clean_folder / sample.name)))


def test_baselines_run_on_the_same_pictures(identity_model: str, clean_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(denoise_baselines, "available", lambda: {"flat": lambda noisy, sigma: np.clip(noisy, 0, 1) * 0 + sigma / 255})
    found = result(data=str(clean_folder), model=identity_model, sigma=10.0, baselines=True)
    assert [baseline["name"] for baseline in found["baselines"]] == ["flat"]
    assert found["baselines"][0]["sigma"] == 10.0


def test_where_the_level_is_unknown_a_baseline_gets_the_best_one_of_each_picture(
    identity_model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels = denoise_baselines.sigmas_to_try(None)
    for name, level in (("a", levels[0]), ("b", levels[-1])):
        for end in ("mean", "real"):
            Image.fromarray(np.full((32, 32, 3), round(level), np.uint8)).save(tmp_path / f"{name}_{end}.png")
    monkeypatch.setattr(denoise_baselines, "available", lambda: {"flat": lambda noisy, sigma: noisy * 0 + np.float32(sigma / 255)})
    found = result(data=str(tmp_path), model=identity_model, baselines=True)
    assert found["baselines"][0]["sigma"] == pytest.approx((levels[0] + levels[-1]) / 2)
    assert found["baselines"][0]["psnr"] > 90


def test_what_cannot_be_measured_is_refused(identity_model: str, tmp_path: Path) -> None:
    for folder, sigma in ((tmp_path / "missing", 10.0), (tmp_path, None)):
        with pytest.raises(DataError):
            result(data=str(folder), model=identity_model, sigma=sigma)
    with pytest.raises(SpecError, match="Both"):
        result(data=str(tmp_path), sigma=10.0, jpeg=10)
