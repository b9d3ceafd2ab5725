"""Evaluation of codecs: measured values and the format of the result, with a fake codec."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aedesk.analysis.codec import benchmark_codecs
from aedesk.analysis.codec.benchmark_codecs import BenchmarkCodec
from aedesk.analysis.codec.evaluate import evaluate_codec, measure
from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.codec_specs import EvaluateCodecSpec
from aedesk.core.errors import DataError, SpecError
from aedesk.core.events import Finished, Progress


class FakeCodec:
    """Rounds pixels to multiples of a step that depends on the quality; counts its encodings."""

    def __init__(self) -> None:
        self.encoded = 0

    def benchmark_codec(self, model: str, qualities: tuple[int, ...], *others: object) -> BenchmarkCodec:
        def encode(pixels: np.ndarray, quality: float) -> bytes:
            self.encoded += 1
            step = 1 + (100 - int(quality)) // 4
            kept = (pixels // step * step).astype(pixels.dtype)
            head = np.array([*kept.shape, kept.itemsize], "<u4").tobytes()
            return head + kept.tobytes()[:: step + 1].ljust(0) + b"|" + kept.tobytes()

        def decode(data: bytes, channels: int) -> np.ndarray:
            height, width, stored, size = np.frombuffer(data[:16], "<u4")
            pixels = np.frombuffer(data[-int(height * width * stored * size) :], f"u{size}")
            return pixels.reshape(height, width, stored)

        return BenchmarkCodec(model, qualities, encode, decode)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeCodec:
    fake = FakeCodec()
    monkeypatch.setattr(benchmark_codecs, "aed_codec", fake.benchmark_codec)
    return fake


def result(folder: Path, **options: Any) -> dict[str, Any]:
    *_, last = evaluate_codec(EvaluateCodecSpec(str(folder), **options), CancelToken())
    assert isinstance(last, Finished)
    assert json.loads(json.dumps(last.result, allow_nan=False)) == last.result
    return last.result


def test_figures_are_means_over_the_pictures_per_quality(fake: FakeCodec, make_folder: Callable[..., Path]) -> None:
    folder = make_folder(3)
    found = result(folder, qualities=(20, 60), model="mine.safetensors", device="cpu")
    assert (found["task"], found["model"], found["data"], found["n"], found["device"]) == ("codec", "mine", "pictures", 3, "cpu")
    points = found["codecs"][0]["points"]
    assert [point["setting"] for point in points] == [20, 60]
    codec = fake.benchmark_codec("mine", (20,))
    each = [measure(codec, 20, np.asarray(Image.open(path))) for path in sorted(folder.iterdir())]
    assert points[0]["psnr"] == pytest.approx(np.mean([row["psnr"] for row in each]), abs=1e-4)
    assert points[0]["bpp"] == pytest.approx(np.mean([row["bpp"] for row in each]), abs=1e-5)
    assert points[0]["psnr"] < points[1]["psnr"]
    assert points[0]["ms_ssim"] is None  # too small for five scales
    assert min(row["encode_s"] for row in each) > 0
    assert min(row["decode_s"] for row in each) > 0
    assert found["bd_rates"] == {}


def test_bits_per_pixel_count_the_whole_file(fake: FakeCodec, make_pixels: Callable[..., np.ndarray]) -> None:
    pixels = make_pixels(20, 30)
    codec = fake.benchmark_codec("mine", (50,))
    assert measure(codec, 50, pixels)["bpp"] == 8 * len(codec.encode(pixels, 50)) / 600


def test_a_lossless_result_has_a_finite_psnr(fake: FakeCodec, make_pixels: Callable[..., np.ndarray]) -> None:
    found = measure(fake.benchmark_codec("mine", (100,)), 100, make_pixels(170, 180))
    assert found["psnr"] == 100
    assert found["ssim"] == pytest.approx(1)
    assert found["ms_ssim"] == pytest.approx(1)


def test_16_bit_pictures_are_compared_in_16_bits_if_the_codec_supports_them(
    fake: FakeCodec, make_pixels: Callable[..., np.ndarray]
) -> None:
    deep = make_pixels(32, 32, dtype=np.uint16)
    assert measure(fake.benchmark_codec("mine", (100,)), 100, deep)["psnr"] == 100
    jpeg = benchmark_codecs.baselines()[0]
    assert 20 < (measure(jpeg, 95, deep)["psnr"] or 0) < 60


def test_baselines_are_measured_on_the_same_pictures_with_bd_rates(fake: FakeCodec, make_folder: Callable[..., Path]) -> None:
    folder = make_folder(1, 64, 48)
    found = result(folder, baselines=True, qualities=(0, 50, 100))
    names = [codec["name"] for codec in found["codecs"]]
    assert names == ["codec-photo", "JPEG", "WebP", "AVIF", "JPEG XL"]
    assert set(found["bd_rates"]) == set(names[1:])
    for codec in found["codecs"][1:]:
        rates = [point["bpp"] for point in codec["points"]]
        fidelities = [point["psnr"] for point in codec["points"]]
        assert rates == sorted(rates)
        assert fidelities == sorted(fidelities)
        assert codec["about"]


@pytest.mark.parametrize("channels", [1, 3])
def test_every_baseline_supports_gray_and_colour(make_pixels: Callable[..., np.ndarray], channels: int) -> None:
    pixels = make_pixels(40, 56, channels)
    for baseline in benchmark_codecs.baselines():
        figures = measure(baseline, baseline.settings[-1], pixels)
        assert (figures["psnr"] or 0) > 30, baseline.name
        assert math.isfinite(figures["bpp"] or math.nan)


def test_the_jpeg_baseline_writes_the_same_file_as_pillow(make_pixels: Callable[..., np.ndarray], tmp_path: Path) -> None:
    pixels = make_pixels(40, 56)
    Image.fromarray(pixels).save(tmp_path / "a.jpg", quality=50)
    assert benchmark_codecs.baselines()[0].encode(pixels, 50) == (tmp_path / "a.jpg").read_bytes()


def test_the_first_picture_is_coded_once_before_timing(fake: FakeCodec, make_folder: Callable[..., Path]) -> None:
    result(make_folder(2), qualities=(10, 50, 90))
    assert fake.encoded == 2 * 3 + 1


def test_progress_counts_files_and_cancelling_ends_it(fake: FakeCodec, make_folder: Callable[..., Path]) -> None:
    asked = threading.Event()
    events = evaluate_codec(EvaluateCodecSpec(str(make_folder(2)), qualities=(10, 90)), CancelToken(asked))
    progress = [event for event, _ in zip(events, range(2), strict=False)][1]
    assert isinstance(progress, Progress)
    assert (progress.done, progress.total) == (1, 4)
    asked.set()
    with pytest.raises(JobCancelled):
        next(events)


def test_what_cannot_be_measured_is_said(fake: FakeCodec, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        result(tmp_path / "missing")
    with pytest.raises(DataError, match="no pictures"):
        result(tmp_path)
    for options in ({"qualities": ()}, {"qualities": (50, 101)}, {"preset": "fast"}):
        with pytest.raises(SpecError):
            EvaluateCodecSpec("x", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("family", ["dense", "convolutional"])
def test_the_codes_of_other_autoencoders_are_measured_too(
    family: str, request: pytest.FixtureRequest, make_folder: Callable[..., Path]
) -> None:
    model = request.getfixturevalue(family)
    points = result(make_folder(1), model=model, qualities=(10, 90), device="cpu")["codecs"][0]["points"]
    assert all(point["bpp"] > 0 and point["psnr"] > 0 for point in points)
    assert points[0]["bpp"] < points[1]["bpp"]
