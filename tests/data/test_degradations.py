"""Degradations do what their names say, and the same seed does it again."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from aedesk.data.chains import CHAINS
from aedesk.data.degradations import DEGRADATIONS, to_encoded, to_linear
from aedesk.data.jpeg import jpeg

RANGES = {
    "gaussian": {"sigma": [0, 55], "gray": 0.3},
    "photo": {
        "gray": 0.3,
        "clean": 0.2,
        "soft": 0.5,
        "shot": [1e-4, 2e-2],
        "read": [3e-4, 1e-2],
        "blotch": 10,
        "grain": 18,
        "white": 25,
        "jpeg": [50, 98],
    },
}


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", list(DEGRADATIONS))
def test_the_seed_decides_the_noise(name: str) -> None:
    picture = torch.rand(1, 3, 32, 32, generator=seeded(0))
    first, again, other = (DEGRADATIONS[name](picture, 30.0, seeded(s)) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert torch.equal(first, other) == (name == "jpeg")
    assert not torch.equal(first, picture)


@pytest.mark.parametrize("sigma", [5.0, 25.0, 50.0])
def test_gaussian_noise_has_the_standard_deviation_it_is_asked_for(sigma: float) -> None:
    picture = torch.full((1, 3, 256, 256), 0.5)
    noise = DEGRADATIONS["gaussian"](picture, sigma, seeded(0)) - picture
    assert float(noise.std()) * 255 == pytest.approx(sigma, rel=0.01)
    assert abs(float(noise.mean())) * 255 < 0.05 * sigma


def test_sensor_noise_has_its_level_at_middle_gray_and_grows_with_light() -> None:
    def spread(value: float) -> float:
        picture = torch.full((1, 3, 256, 256), value)
        return float((to_linear(DEGRADATIONS["poisson-gaussian"](picture, 10.0, seeded(0))) - to_linear(picture)).std())

    middle = torch.full((1, 3, 256, 256), 0.5)
    noisy = DEGRADATIONS["poisson-gaussian"](middle, 10.0, seeded(0))
    assert float((noisy - middle).std()) * 255 == pytest.approx(10, rel=0.03)
    assert spread(0.2) < spread(0.5) < spread(0.8)


def test_salt_and_pepper_touches_the_share_of_pixels_it_is_asked_for() -> None:
    picture = torch.full((1, 3, 256, 256), 0.5)
    noisy = DEGRADATIONS["salt-pepper"](picture, 10.0, seeded(0))
    assert set(noisy.unique().tolist()) == {0.0, 0.5, 1.0}
    assert float((noisy != 0.5).float().mean()) == pytest.approx(0.1, abs=0.005)
    assert torch.equal(noisy[:, 0], noisy[:, 1])


def test_speckle_leaves_black_alone() -> None:
    picture = torch.zeros(1, 3, 16, 16)
    assert torch.equal(DEGRADATIONS["speckle"](picture, 40.0, seeded(0)), picture)


def test_linear_light_and_back_is_the_same_picture() -> None:
    values = torch.linspace(0, 1, 1001)
    assert float((to_encoded(to_linear(values)) - values).abs().max()) < 1e-6


@pytest.mark.parametrize("quality", [30, 75, 95])
@pytest.mark.parametrize(("subsampling", "half"), [(0, False), (2, True)])
def test_jpeg_loses_what_libjpeg_loses(photo: np.ndarray, quality: int, subsampling: int, half: bool) -> None:
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "JPEG", quality=quality, subsampling=subsampling)
    theirs = np.asarray(Image.open(file), np.float32)
    tensor = torch.from_numpy(photo).permute(2, 0, 1).unsqueeze(0).float() / 255
    ours = jpeg(tensor, torch.full((1, 1, 1, 1), float(quality)), torch.full((1, 1, 1, 1), half))[0].permute(1, 2, 0).numpy() * 255
    loss = float(np.mean((theirs - photo) ** 2))
    # They differ in the rounding of the transforms only: by far less than either loses.
    assert float(np.mean((ours - photo) ** 2)) == pytest.approx(loss, rel=0.12)
    assert float(np.mean((ours - theirs) ** 2)) < 0.45 * loss


@pytest.mark.parametrize("name", list(CHAINS))
def test_a_chain_is_seeded_and_tells_the_level_of_its_noise(name: str) -> None:
    picture = torch.rand(24, 3, 64, 64, generator=seeded(0)) * 0.5 + 0.25
    noisy, target, level = CHAINS[name](picture, RANGES[name], seeded(1))
    again = CHAINS[name](picture, RANGES[name], seeded(1))[0]
    assert torch.equal(noisy, again)
    assert noisy.shape == target.shape == picture.shape
    assert not noisy.isnan().any()
    measured = (noisy - target).square().mean((1, 2, 3)).sqrt() * 255
    assert torch.allclose(measured, level.flatten(), rtol=0.1, atol=0.3)


@pytest.mark.parametrize("name", list(CHAINS))
def test_gray_samples_stay_gray(name: str) -> None:
    picture = torch.rand(8, 3, 64, 64, generator=seeded(0))
    noisy, target, _ = CHAINS[name](picture, {**RANGES[name], "gray": 1.0, "clean": 0.0}, seeded(1))
    for tensor in (noisy, target):
        assert float((tensor[:, 0] - tensor[:, 2]).abs().max()) < 1e-5


def test_some_samples_of_the_photo_chain_are_clean() -> None:
    picture = torch.rand(8, 3, 32, 32, generator=seeded(0))
    noisy, target, level = CHAINS["photo"](picture, {**RANGES["photo"], "clean": 1.0}, seeded(1))
    assert torch.equal(noisy, target)
    assert float(level.max()) == 0


def test_soft_samples_are_parts_of_the_picture_enlarged() -> None:
    columns = torch.linspace(0, 1, 64).expand(16, 3, 64, 64)
    _, target, _ = CHAINS["photo"](columns, {**RANGES["photo"], "gray": 0.0, "clean": 1.0, "soft": 1.0}, seeded(3))
    light = to_linear(target)
    slope = (light[..., -1] - light[..., 0]).mean((1, 2))
    assert float((light[:, :, 1:] - light[:, :, :-1]).abs().max()) < 1e-4
    assert float(slope.min()) < 0.6 * float(slope.max())
