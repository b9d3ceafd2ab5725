"""Evaluation: the protocol, the pairs, the figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from aedesk.analysis import peers
from aedesk.analysis.evaluate import evaluate
from aedesk.analysis.evaluation_set import samples
from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DataError, SpecError
from aedesk.core.events import Finished
from aedesk.core.specs import EvaluateSpec
from aedesk.models.checkpoint import save_model
from aedesk.models.families import FAMILIES


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
    *_, last = evaluate(EvaluateSpec(**options), CancelToken())
    assert isinstance(last, Finished)
    return last.result


def test_the_noise_is_float_unclipped_and_seeded(clean_folder: Path) -> None:
    count, first = samples(clean_folder, 50.0, 0, None)
    first = list(first)
    again = list(samples(clean_folder, 50.0, 0, None)[1])
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


def test_peers_are_run_on_the_same_pictures(identity_model: str, clean_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "available", lambda: {"perfect": lambda noisy, sigma: np.clip(noisy, 0, 1) * 0 + sigma / 255})
    found = result(data=str(clean_folder), model=identity_model, sigma=10.0, peers=True)
    assert [peer["name"] for peer in found["peers"]] == ["perfect"]
    assert found["peers"][0]["sigma"] == 10.0


def test_what_cannot_be_measured_is_said(identity_model: str, tmp_path: Path) -> None:
    for folder, sigma in ((tmp_path / "missing", 10.0), (tmp_path, None)):
        with pytest.raises(DataError):
            result(data=str(folder), model=identity_model, sigma=sigma)
    with pytest.raises(SpecError, match="sculpt"):
        result(task="sculpt")
