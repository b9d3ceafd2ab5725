"""Degradations do what their names say, and the same seed does it again."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
import torch
from PIL import Image

from aedesk.data.degradation.compression import webp
from aedesk.data.degradation.dithering import dither
from aedesk.data.degradation.jpeg import jpeg
from aedesk.data.degradation.operations import DEGRADATIONS, luminance, to_encoded, to_linear
from aedesk.data.degradation.pipelines import CHAINS, DEFAULTS, SOURCE_SCALES
from aedesk.data.degradation.sensor_noise import correlate, sensor_noise

RANGES = {"gaussian": {"sigma": [0, 55], "gray": 0.3}, "photo": {**DEFAULTS["photo"], "clean": 0.2, "gray": 0.3}}


ONLY_COMPRESSED = {
    **dict.fromkeys(("camera", "film", "white", "dithered", "gray", "sepia", "clean", "soft", "resized"), 0.0),
    "compressed": 1.0,
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
    edge = 64 * SOURCE_SCALES.get(name, 1)
    picture = torch.rand(24, 3, edge, edge, generator=seeded(0)) * 0.5 + 0.25
    noisy, target, level = CHAINS[name](picture, RANGES[name], seeded(1))
    again = CHAINS[name](picture, RANGES[name], seeded(1))[0]
    assert torch.equal(noisy, again)
    assert noisy.shape == target.shape == (24, 3, 64, 64)
    assert not noisy.isnan().any()
    measured = (noisy - target).square().mean((1, 2, 3)).sqrt() * 255
    assert torch.allclose(measured, level.flatten(), rtol=0.1, atol=0.3)


@pytest.mark.parametrize("name", list(CHAINS))
def test_gray_samples_have_equal_channels(name: str) -> None:
    picture = torch.rand(8, 3, 64, 64, generator=seeded(0))
    noisy, target, _ = CHAINS[name](picture, {**RANGES[name], "gray": 1.0, "clean": 0.0}, seeded(1))
    for tensor in (noisy, target):
        assert torch.equal(tensor[:, 0], tensor[:, 2])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("size", [(64, 64), (48, 96)])
def test_the_photo_pipeline_returns_pictures_of_half_the_size_whatever_it_does(seed: int, size: tuple[int, int]) -> None:
    picture = torch.rand(4, 3, 2 * size[0], 2 * size[1], generator=seeded(0))
    noisy, target, _ = CHAINS["photo"](picture, {**RANGES["photo"], "resized": 1.0}, seeded(seed))
    assert noisy.shape == target.shape == (4, 3, *size)


def test_some_samples_of_the_photo_pipeline_are_clean() -> None:
    picture = torch.rand(8, 3, 64, 64, generator=seeded(0))
    noisy, target, level = CHAINS["photo"](picture, {**RANGES["photo"], "clean": 1.0}, seeded(1))
    assert torch.equal(noisy, target)
    assert float(level.max()) == 0


def test_sharp_samples_are_whole_pixels_of_the_picture() -> None:
    """Without resampling every value of the target occurs in the source, or in the source at half its size."""
    source = torch.randint(0, 256, (8, 3, 64, 64), generator=seeded(0)) / 255
    ranges = {
        **RANGES["photo"],
        **dict.fromkeys(("camera", "film", "white", "dithered", "gray", "sepia", "soft", "resized"), 0.0),
        "compressed": 1.0,
    }
    for seed in range(4):
        target = CHAINS["photo"](source, ranges, seeded(seed))[1]
        for sample, whole in zip(target, source, strict=True):
            candidates = torch.cat((whole.flatten(), torch.nn.functional.avg_pool2d(whole, 2).flatten())).sort().values
            place = torch.searchsorted(candidates, sample.flatten().contiguous()).clamp(max=len(candidates) - 1)
            nearest = torch.minimum(
                (candidates[place] - sample.flatten()).abs(), (candidates[(place - 1).clamp(min=0)] - sample.flatten()).abs()
            )
            assert float(nearest.max()) < 2e-4


def test_soft_samples_are_parts_of_the_picture_enlarged() -> None:
    columns = torch.linspace(0, 1, 128).expand(16, 3, 128, 128)
    _, target, _ = CHAINS["photo"](columns, {**RANGES["photo"], **ONLY_COMPRESSED, "soft": 1.0}, seeded(3))
    slope = (target[..., -1] - target[..., 0]).mean((1, 2))
    assert float(slope.min()) < 0.6 * float(slope.max())


def test_correlated_noise_keeps_its_variance_and_falls_off_like_the_blur() -> None:
    noise = torch.randn(16, 3, 64, 64, generator=seeded(0))
    coarse = correlate(noise, 1.5, 1.5, seeded(1))
    assert float(coarse.std()) == pytest.approx(1, rel=0.02)
    for lag in (1, 2, 4):
        measured = float((coarse * coarse.roll(lag, 3)).mean())
        assert measured == pytest.approx(math.exp(-(lag**2) / (4 * 1.5**2)), abs=0.03)


def test_sensor_noise_has_the_variance_of_its_shot_and_read_noise_in_linear_light() -> None:
    def spread(value: float) -> float:
        picture = torch.full((64, 3, 64, 64), value)
        green = (to_linear(sensor_noise(picture, (1e-4, 1e-4), (1e-3, 1e-3), seeded(0))) - to_linear(picture))[:, 1]
        return float(green.std())

    # Sharpening, coarse remains and chrominance change the level by a factor that does not depend on the light.
    low, high = (float(to_linear(torch.tensor(value))) for value in (0.3, 0.7))
    expected = math.sqrt((1e-4 * high + 1e-6) / (1e-4 * low + 1e-6))
    assert spread(0.7) / spread(0.3) == pytest.approx(expected, rel=0.05)


def test_chrominance_noise_is_correlated_further_than_luminance_noise() -> None:
    picture = torch.full((32, 3, 64, 64), 0.5)
    noise = sensor_noise(picture, (1e-3, 1e-3), (1e-3, 1e-3), seeded(0)) - picture
    luma = luminance(noise)

    def correlation(values: torch.Tensor, pixels: int) -> float:
        return float((values * values.roll(pixels, 3)).mean() / values.square().mean())

    assert correlation(noise - luma, 2) > correlation(luma, 2) + 0.1
    assert 0.2 < correlation(luma, 1) < 0.9


@pytest.mark.parametrize("gray", [True, False])
def test_dithering_leaves_few_colours_and_keeps_the_brightness(gray: bool) -> None:
    ramp = torch.linspace(0.1, 0.9, 96).expand(12, 3, 96, 96).clone()
    if not gray:
        ramp[:, 1] = ramp[:, 1].flip(1)
    dithered = dither(ramp, seeded(0))
    for sample, original in zip(dithered, ramp, strict=True):
        assert len(sample.flatten(1).T.unique(dim=0)) <= 512  # of three channels with eight values each
        assert not torch.equal(sample, original)
        assert float((sample.mean((1, 2)) - original.mean((1, 2))).abs().max()) < 0.02
    assert not gray or all(torch.equal(sample[0], sample[1]) for sample in dithered)
    assert not gray or any(set(sample.unique().tolist()) == {0.0, 1.0} for sample in dithered)


def test_webp_changes_the_chosen_samples_only_and_loses_what_libwebp_loses() -> None:
    picture = torch.rand(3, 3, 32, 32, generator=seeded(0))
    quality = torch.full((3, 1, 1, 1), 50.0)
    chosen = torch.tensor([True, False, True]).view(3, 1, 1, 1)
    coded = webp(picture, quality, chosen)
    assert torch.equal(coded[1], picture[1])
    file = io.BytesIO()
    Image.fromarray((picture[0] * 255).round().byte().permute(1, 2, 0).numpy()).save(file, "WEBP", quality=50, method=2)
    theirs = torch.from_numpy(np.asarray(Image.open(file).convert("RGB")).copy()).permute(2, 0, 1) / 255
    assert torch.equal(coded[0], theirs)
