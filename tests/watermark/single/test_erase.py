"""The erase service: what it changes, what it keeps, and what it unblends or inpaints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import ndimage

from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.erase_specs import METHODS, EraseSpec, FindMarkSpec
from aedesk.core.errors import ModelError, SpecError
from aedesk.core.events import Event, Progress, Started
from aedesk.imaging.picture import Picture
from aedesk.models.families import FAMILIES
from aedesk.models.files.checkpoint import save_model
from aedesk.watermark.single import detection
from aedesk.watermark.single.erase import erase
from aedesk.watermark.single.extraction_thresholds import ExtractionThresholds
from aedesk.watermark.single.find import find_mark

Run = Callable[[Iterator[Event]], Any]
Make = Callable[..., np.ndarray]
SMALL: dict[str, Any] = {"widths": [8, 8, 8], "blocks": [1, 1, 1]}
NOWHERE, EVERYWHERE = -20.0, 20.0


def watermark_model(path: Path, logit: float, alpha: float, *, dark_only: bool = False) -> str:
    """A model with the same output for every pixel: log-odds of a watermark and (as log-odds) alpha; the colour is arbitrary.

    With ``dark_only`` it detects pixels that are nearly black.
    """
    torch.manual_seed(1)
    architecture = {**SMALL, "mend_widths": [8, 8], "mend_blocks": [1, 1]}
    network: Any = FAMILIES["unblending"].build(architecture)
    with torch.no_grad():
        tail, head = network.finder.tail, network.finder.head
        tail.weight[:8] = 0
        tail.bias[:4], tail.bias[4:8] = logit, alpha
        if dark_only:
            # The first features are the darkness of each of the four pixels of a cell; all other layers are zero.
            for layer in (*network.finder.encoder.modules(), *network.finder.decoder.modules(), *network.finder.up.modules()):
                if hasattr(layer, "weight"):
                    layer.weight.zero_()
                if getattr(layer, "bias", None) is not None:
                    layer.bias.zero_()
            head.weight.zero_()
            head.bias.zero_()
            for pixel in range(4):
                head.weight[pixel, [pixel, 4 + pixel, 8 + pixel], 1, 1] = -1.0
                tail.weight[pixel, pixel, 1, 1] = 40.0
                tail.bias[pixel] = -80.0
    card = {"name": "watermark_model", "purpose": "erase", "family": "unblending", "architecture": architecture}
    return str(save_model(path / f"watermark_model{logit}{alpha}{dark_only}.safetensors", network.state_dict(), card, torch.float32))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    place = tmp_path_factory.mktemp("models")
    torch.manual_seed(2)
    network: Any = FAMILIES["inpainting"].build(SMALL)
    card = {"name": "filler", "purpose": "inpaint", "family": "inpainting", "architecture": SMALL}
    filler = save_model(place / "filler.safetensors", network.state_dict(), card, torch.float32)
    return {
        "filler": str(filler),
        "blind": watermark_model(place, NOWHERE, 2.0),
        "half": watermark_model(place, EVERYWHERE, 2.0),
        "opaque": watermark_model(place, EVERYWHERE, 12.0),
        "dark": watermark_model(place, 0.0, 2.0, dark_only=True),
    }


def spec(models: dict[str, str], model: str = "half", **options: Any) -> EraseSpec:
    return EraseSpec(model=models[model], inpaint_model=models["filler"], precision="float32", **options)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from((np.uint8, np.uint16)),
    channels=st.sampled_from((1, 3)),
    method=st.sampled_from(METHODS),
    feather=st.floats(0, 8),
    soft=st.booleans(),
    found=st.booleans(),
)
def test_pixels_outside_of_the_feathered_mask_and_metadata_are_unchanged(
    models: dict[str, str], result_of: Run, seed: int, dtype: type, channels: int, method: str, feather: float, soft: bool, found: bool
) -> None:
    """With a painted mask and with a detected one."""
    rng = np.random.default_rng(seed)
    height, width = rng.integers(20, 120, 2)
    pixels = rng.integers(0, np.iinfo(dtype).max, (height, width, channels), endpoint=True).astype(dtype)
    mask = np.zeros((height, width), np.float32)
    for _ in range(rng.integers(0, 4)):
        top, left = rng.integers(0, height), rng.integers(0, width)
        mask[top : top + rng.integers(1, 30), left : left + rng.integers(1, 30)] = rng.random() if soft else 1
    if found:
        pixels[mask > 0] = 0
    picture = Picture(pixels, icc=b"profile", exif=b"exif", xmp=b"xmp", dpi=(300, 300))
    if found:
        mask = result_of(find_mark(FindMarkSpec(models["dark"], precision="float32"), picture, CancelToken())).mask
    request = spec(models, "dark" if found else "half", method=method, feather_px=feather)
    result = result_of(erase(request, picture, None if found else mask, CancelToken()))
    changed = (result.picture.pixels != pixels).any(axis=2)
    assert result.picture.pixels.dtype == dtype
    assert not changed[result.mask == 0].any()
    assert result.area_px == np.count_nonzero(result.mask)
    distance = ndimage.distance_transform_edt(mask == 0) if mask.any() else np.full(mask.shape, np.inf)
    assert not result.mask[distance >= max(feather, 0.5)].any()
    assert (result.picture.icc, result.picture.exif, result.picture.xmp, result.picture.dpi) == (b"profile", b"exif", b"xmp", (300, 300))


def test_pixels_under_the_mask_are_changed(models: dict[str, str], result_of: Run, make_pixels: Make) -> None:
    picture, mask = Picture(make_pixels(64, 80)), np.zeros((64, 80), np.uint8)
    mask[10:40, 20:60] = 255
    for method in METHODS:
        result = result_of(erase(spec(models, method=method), picture, mask, CancelToken()))
        assert (result.picture.pixels != picture.pixels)[10:40, 20:60].mean() > 0.5
        assert (result.mask[10:40, 20:60] == 255).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_gray_picture_stored_as_rgb_stays_gray(
    models: dict[str, str], result_of: Run, make_pixels: Make, method: str, dtype: type
) -> None:
    gray = make_pixels(64, 96, 1, dtype)
    mask = np.zeros((64, 96), np.uint8)
    mask[20:40, 30:60] = 255
    picture = Picture(np.repeat(gray, 3, axis=2))
    erased = result_of(erase(spec(models, method=method), picture, mask, CancelToken())).picture.pixels
    assert not np.array_equal(erased, picture.pixels)
    assert np.array_equal(erased[..., 0], erased[..., 1])
    assert np.array_equal(erased[..., 0], erased[..., 2])


def test_nothing_is_changed_without_a_detection(models: dict[str, str], result_of: Run, make_pixels: Make) -> None:
    picture = Picture(make_pixels(50, 70))
    result = result_of(erase(spec(models, "blind"), picture, None, CancelToken()))
    assert np.array_equal(result.picture.pixels, picture.pixels)
    assert result.area_px == 0


@pytest.mark.parametrize("flat", [True, False])
def test_a_uniform_scratch_is_inpainted_even_if_it_looks_semi_transparent(
    models: dict[str, str], result_of: Run, make_pixels: Make, flat: bool
) -> None:
    pixels = make_pixels(96, 96).copy()
    mask = np.zeros((96, 96), np.uint8)
    mask[40:46, 10:80] = 255
    if flat:
        pixels[mask > 0] = 250
    automatic, filled = (
        result_of(erase(spec(models, "half", method=method), Picture(pixels), mask, CancelToken())).picture.pixels
        for method in ("auto", "inpaint")
    )
    assert np.array_equal(automatic, filled) is flat


def test_erasing_the_found_mask_equals_erasing_without_one(models: dict[str, str], result_of: Run, make_pixels: Make) -> None:
    pixels = (make_pixels(96, 96) // 2 + 100).astype(np.uint8)
    pixels[30:50, 20:70] = 0
    picture = Picture(pixels)
    found = result_of(find_mark(FindMarkSpec(models["dark"], precision="float32"), picture, CancelToken()))
    assert (found.mask[32:48, 22:68] == 255).all()
    assert not found.mask[60:].any()
    assert found.area_px == np.count_nonzero(found.mask)
    assert (found.alpha[found.mask == 0] == 0).all()
    automatic = result_of(erase(spec(models, "dark"), picture, None, CancelToken()))
    given_back = result_of(erase(spec(models, "dark"), picture, found.mask, CancelToken()))
    assert np.array_equal(automatic.picture.pixels, given_back.picture.pixels)
    assert (automatic.mask[35:45, 30:60] == 255).all()


def test_a_large_picture_is_searched_downscaled_and_located_at_full_resolution(
    models: dict[str, str], result_of: Run, make_pixels: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detection, "SCALE", detection.ScaleSettings(64 * 64, 64 * 64))
    few_pixels = ExtractionThresholds(min_confident_px=100)
    monkeypatch.setattr(detection, "DOWNSCALED", detection.DetectionThresholds(few_pixels, min_mean_alpha=0.45))
    pixels = (make_pixels(190, 250) // 2 + 100).astype(np.uint8)
    pixels[60:100, 40:140] = 0
    found = result_of(find_mark(FindMarkSpec(models["dark"], precision="float32"), Picture(pixels), CancelToken()))
    truth = (pixels == 0).all(axis=2)
    assert (found.mask[truth] == 255).mean() > 0.95
    assert np.count_nonzero(found.mask[~truth]) < 0.02 * truth.sum()


def test_opaque_and_undetected_areas_are_inpainted_and_semi_transparent_ones_unblended(
    models: dict[str, str], result_of: Run, make_pixels: Make
) -> None:
    picture, mask = Picture(make_pixels(64, 64)), np.zeros((64, 64), np.uint8)
    mask[20:40, 20:40] = 255

    def inside(model: str, method: str) -> np.ndarray:
        result: np.ndarray = result_of(erase(spec(models, model, method=method, feather_px=0), picture, mask, CancelToken())).picture.pixels
        return result[20:40, 20:40]

    filled = inside("half", "inpaint")
    assert np.array_equal(inside("opaque", "auto"), filled)
    assert np.array_equal(inside("blind", "auto"), filled)
    assert np.array_equal(inside("half", "auto"), inside("half", "unblend"))
    assert not np.array_equal(inside("half", "auto"), filled)


def test_transparent_pixels_keep_their_values(models: dict[str, str], result_of: Run, make_pixels: Make) -> None:
    alpha = np.full((40, 40), 255, np.uint8)
    alpha[:, :20] = 0
    picture = Picture(make_pixels(40, 40), alpha)
    result = result_of(erase(spec(models, method="inpaint"), picture, np.full((40, 40), True), CancelToken()))
    assert np.array_equal(result.picture.pixels[:, :20], picture.pixels[:, :20])
    assert not np.array_equal(result.picture.pixels[:, 20:], picture.pixels[:, 20:])
    assert np.array_equal(result.picture.alpha, alpha)


def test_progress_is_reported_and_a_cancel_ends_it(models: dict[str, str], make_pixels: Make) -> None:
    class Stop:
        asked = 0

        def is_set(self) -> bool:
            self.asked += 1
            return self.asked > 6

    picture, mask = Picture(make_pixels(64, 64)), np.full((64, 64), 255, np.uint8)
    events = list(erase(spec(models), picture, mask, CancelToken()))
    assert isinstance(events[0], Started)
    assert any(isinstance(event, Progress) for event in events)
    with pytest.raises(JobCancelled):
        list(erase(spec(models), picture, mask, CancelToken(Stop())))


def test_models_for_other_purposes_and_masks_of_another_size_are_rejected(models: dict[str, str], make_pixels: Make) -> None:
    picture, mask = Picture(make_pixels(32, 32)), np.full((32, 32), 255, np.uint8)
    with pytest.raises(ModelError, match="remove watermarks"):
        list(erase(EraseSpec(model=models["filler"]), picture, mask, CancelToken()))
    with pytest.raises(ModelError, match="fill holes"):
        list(erase(EraseSpec(model=models["half"], inpaint_model=models["half"], method="inpaint"), picture, mask, CancelToken()))
    with pytest.raises(SpecError, match="32 x 32"):
        list(erase(spec(models), picture, mask[:20], CancelToken()))


@pytest.mark.parametrize("wrong", [{"method": "magic"}, {"sensitivity": 2}, {"feather_px": -1}, {"precision": "int8"}])
def test_a_spec_out_of_range_is_rejected(wrong: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        EraseSpec(**wrong)
