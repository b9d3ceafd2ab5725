"""Evaluation of codecs: what is measured, by what clock, in what shape; the codec itself is played."""

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

from aedesk.analysis.codec import benchmark_codecs as codec_contestants
from aedesk.analysis.codec.benchmark_codecs import Contestant
from aedesk.analysis.codec.evaluate import evaluate_codec, measure
from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.codec_specs import EvaluateCodecSpec
from aedesk.core.errors import DataError, SpecError
from aedesk.core.events import Finished, Progress


class Played:
    """A codec that keeps pixels in multiples of a step and gives files as long as it is told; counts its calls."""

    def __init__(self) -> None:
        self.encoded = 0

    def contestant(self, model: str, qualities: tuple[int, ...], *others: object) -> Contestant:
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

        return Contestant(model, qualities, encode, decode)


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Played:
    played = Played()
    monkeypatch.setattr(codec_contestants, "ours", played.contestant)
    return played


def result(folder: Path, **options: Any) -> dict[str, Any]:
    *_, last = evaluate_codec(EvaluateCodecSpec(str(folder), **options), CancelToken())
    assert isinstance(last, Finished)
    assert json.loads(json.dumps(last.result, allow_nan=False)) == last.result
    return last.result


def test_the_figures_are_means_over_the_pictures_of_each_quality(played: Played, make_folder: Callable[..., Path]) -> None:
    folder = make_folder(3)
    found = result(folder, qualities=(20, 60), model="mine.safetensors", device="cpu")
    assert (found["task"], found["model"], found["data"], found["n"], found["device"]) == ("codec", "mine", "pictures", 3, "cpu")
    points = found["codecs"][0]["points"]
    assert [point["setting"] for point in points] == [20, 60]
    codec = played.contestant("mine", (20,))
    each = [measure(codec, 20, np.asarray(Image.open(path))) for path in sorted(folder.iterdir())]
    assert points[0]["psnr"] == pytest.approx(np.mean([row["psnr"] for row in each]), abs=1e-4)
    assert points[0]["bpp"] == pytest.approx(np.mean([row["bpp"] for row in each]), abs=1e-5)
    assert points[0]["psnr"] < points[1]["psnr"]
    assert points[0]["ms_ssim"] is None  # too small for five scales
    assert min(row["encode_s"] for row in each) > 0
    assert min(row["decode_s"] for row in each) > 0
    assert found["bd_rates"] == {}


def test_the_bits_are_those_of_the_whole_file(played: Played, make_pixels: Callable[..., np.ndarray]) -> None:
    pixels = make_pixels(20, 30)
    codec = played.contestant("mine", (50,))
    assert measure(codec, 50, pixels)["bpp"] == 8 * len(codec.encode(pixels, 50)) / 600


def test_a_picture_that_comes_back_exactly_has_a_finite_psnr(played: Played, make_pixels: Callable[..., np.ndarray]) -> None:
    found = measure(played.contestant("mine", (100,)), 100, make_pixels(170, 180))
    assert found["psnr"] == 100
    assert found["ssim"] == pytest.approx(1)
    assert found["ms_ssim"] == pytest.approx(1)


def test_16_bits_are_measured_in_16_bits_where_the_codec_has_them(played: Played, make_pixels: Callable[..., np.ndarray]) -> None:
    deep = make_pixels(32, 32, dtype=np.uint16)
    assert measure(played.contestant("mine", (100,)), 100, deep)["psnr"] == 100
    jpeg = codec_contestants.peers()[0]
    assert 20 < (measure(jpeg, 95, deep)["psnr"] or 0) < 60


def test_peers_run_on_the_same_pictures_with_real_files_and_bd_rates(played: Played, make_folder: Callable[..., Path]) -> None:
    folder = make_folder(1, 64, 48)
    found = result(folder, peers=True, qualities=(0, 50, 100))
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
def test_every_peer_takes_gray_and_colour(make_pixels: Callable[..., np.ndarray], channels: int) -> None:
    pixels = make_pixels(40, 56, channels)
    for peer in codec_contestants.peers():
        figures = measure(peer, peer.settings[-1], pixels)
        assert (figures["psnr"] or 0) > 30, peer.name
        assert math.isfinite(figures["bpp"] or math.nan)


def test_the_jpeg_is_the_file_that_pillow_writes(make_pixels: Callable[..., np.ndarray], tmp_path: Path) -> None:
    pixels = make_pixels(40, 56)
    Image.fromarray(pixels).save(tmp_path / "a.jpg", quality=50)
    assert codec_contestants.peers()[0].encode(pixels, 50) == (tmp_path / "a.jpg").read_bytes()


def test_the_first_picture_is_coded_once_before_the_clock_runs(played: Played, make_folder: Callable[..., Path]) -> None:
    result(make_folder(2), qualities=(10, 50, 90))
    assert played.encoded == 2 * 3 + 1


def test_progress_counts_files_and_cancelling_ends_it(played: Played, make_folder: Callable[..., Path]) -> None:
    asked = threading.Event()
    events = evaluate_codec(EvaluateCodecSpec(str(make_folder(2)), qualities=(10, 90)), CancelToken(asked))
    progress = [event for event, _ in zip(events, range(2), strict=False)][1]
    assert isinstance(progress, Progress)
    assert (progress.done, progress.total) == (1, 4)
    asked.set()
    with pytest.raises(JobCancelled):
        next(events)


def test_what_cannot_be_measured_is_said(played: Played, tmp_path: Path) -> None:
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
