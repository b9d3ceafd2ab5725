"""Any autoencoder's codes are .aed files: quantised, coded, and decoded by the model they name."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from aedesk.codec.autoencoder import latent_grid as plain_model
from aedesk.codec.autoencoder.codec import PlainCoder
from aedesk.codec.autoencoder.latent_grid import PlainModel
from aedesk.codec.autoencoder.parameters import CodeParameters, differences, fitted, scales_of, steps_of
from aedesk.codec.autoencoder.step_search import DB_PER_QUALITY, WORST_DB
from aedesk.codec.coders import coder, coder_of
from aedesk.codec.compress import compress
from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.codec_specs import CompressSpec, DecompressSpec
from aedesk.core.errors import FormatError, ModelError
from aedesk.core.events import Finished, Log
from aedesk.data.picture_tensors import PixelSource
from aedesk.formats.aed_file import PARAMETERS, Chunk
from aedesk.formats.container import read_aed, write_aed
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.jobs.inline import run
from aedesk.models.checkpoint import save_model
from aedesk.models.families import FAMILIES
from aedesk.settings.places import models_dir

Pixels = Callable[..., np.ndarray]

NETWORKS: dict[str, tuple[str, dict[str, Any]]] = {
    "convolutional": ("convolutional", {"widths": [8, 12], "blocks": [0, 1], "code_channels": 12}),
    "gray": ("convolutional", {"widths": [8, 12], "blocks": [0, 0], "code_channels": 9, "channels": 1}),
    "dense": ("undercomplete", {"size_px": 12, "hidden": [], "code": 60}),
    "sparse": ("sparse", {"size_px": 8, "code": 70}),
    "stacked": ("stacked", {"size_px": 8, "hidden": [90], "code": 60}),
    "contractive": ("contractive", {"size_px": 8, "code": 40}),
    "denoising": ("denoising", {"widths": [8, 12], "blocks": [0, 1], "skips": False, "code": 7}),
    "variational": ("variational", {"size_px": 16, "code": 20, "body": "dense", "hidden": [40]}),
    "adversarial": ("adversarial", {"size_px": 16, "code": 20, "body": "dense", "hidden": [40]}),
    "masked": ("masked", {"size_px": 16, "patch_px": 4, "width": 16, "depth": 1, "heads": 2, "decoder_width": 16, "decoder_depth": 1}),
}


def network_of(name: str) -> tuple[Any, dict[str, Any]]:
    family, arguments = NETWORKS[name]
    torch.manual_seed(0)
    network = FAMILIES[family].build(arguments).eval()
    return network, {"name": name, "purpose": network.descriptor.purpose, "family": family, "architecture": arguments}


def coder_with(name: str) -> PlainCoder:
    network, card = network_of(name)
    return PlainCoder(PlainModel(network, b"12345678", torch.device("cpu"), card))


def installed(name: str) -> Path:
    network, card = network_of(name)
    return save_model(models_dir() / f"{name}.safetensors", network.state_dict(), card, torch.float32)


def unquantised(plain: PlainCoder, picture: Picture) -> np.ndarray:
    """(H, W, 3) floats: what the network makes of the whole padded picture, square by square if it takes squares."""
    model, whole = plain.model, plain.model.padded(picture.width, picture.height)
    given = PixelSource(picture.pixels)(whole)
    edge = model.network.descriptor.fixed_px
    squares = [(0, 0, whole.bottom, whole.right)]
    if edge:
        squares = [(y, x, y + edge, x + edge) for y in range(0, whole.bottom, edge) for x in range(0, whole.right, edge)]
    result = torch.empty(model.picture_channels, whole.bottom, whole.right)
    with torch.inference_mode():
        for top, left, bottom, right in squares:
            result[:, top:bottom, left:right] = model.network(given[None, : model.picture_channels, top:bottom, left:right])[0]
    return result.expand(3, -1, -1).permute(1, 2, 0).numpy()[: picture.height, : picture.width]


@pytest.mark.parametrize("name", NETWORKS)
def test_at_the_best_quality_the_picture_is_the_networks_own(name: str, make_pixels: Pixels) -> None:
    plain = coder_with(name)
    picture = Picture(make_pixels(37, 53, plain.model.picture_channels))
    found = plain.decode(read_aed(plain.encode(picture, 100).data)).picture
    expected = unquantised(plain, picture)[:, :, : found.channels]
    assert found.pixels.shape == picture.pixels.shape
    assert 10 * np.log10(1 / np.square(found.pixels / 255 - expected).mean()) > 45


@pytest.mark.parametrize("name", ["convolutional", "dense"])
def test_quality_sets_the_distance_to_what_the_network_can_do(name: str, make_pixels: Pixels) -> None:
    plain = coder_with(name)
    picture = Picture(make_pixels(96, 120))
    exact, sizes = unquantised(plain, picture), []
    for quality in (20, 50, 80):
        data = plain.encode(picture, quality).data
        error = np.square(plain.decode(read_aed(data), bit_depth=16).picture.pixels / 65535 - exact).mean()
        assert -10 * np.log10(error) == pytest.approx(WORST_DB + DB_PER_QUALITY * quality, abs=1)
        sizes.append(len(data))
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("name", ["convolutional", "dense", "masked"])
def test_tiles_and_cores_leave_no_seams(name: str, make_pixels: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = Picture(make_pixels(90, 210))
    plain = coder_with(name)
    once = plain.decode(read_aed(plain.encode(picture, 60).data)).picture.pixels.astype(int)
    monkeypatch.setattr(plain_model, "TILE_PX", 64)
    monkeypatch.setattr(plain_model, "CORE_PX", 48)
    plain = coder_with(name)
    file = read_aed(plain.encode(picture, 60).data)
    assert len(file.tiles) > 1
    assert np.abs(plain.decode(file).picture.pixels - once).max() <= 1


@pytest.mark.parametrize("name", ["convolutional", "dense"])
def test_a_part_is_the_same_part_of_the_whole(name: str, make_pixels: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_model, "TILE_PX", 64)
    monkeypatch.setattr(plain_model, "CORE_PX", 48)
    plain = coder_with(name)
    file = read_aed(plain.encode(Picture(make_pixels(150, 160)), 60).data)
    whole = plain.decode(file).picture.pixels.astype(int)
    for box in (Box(0, 0, 1, 1), Box(70, 20, 140, 149), Box(159, 149, 160, 150)):
        part = plain.decode(file, part=box).picture.pixels
        assert np.abs(part - whole[box.top : box.bottom, box.left : box.right]).max() <= 1


def test_a_damaged_tile_costs_that_tile_and_is_said(make_pixels: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_model, "TILE_PX", 64)
    plain = coder_with("dense")  # tiles of 192 pixels: whole squares, and a multiple of 64
    data = plain.encode(Picture(make_pixels(200, 400)), 60).data
    good = plain.decode(read_aed(data)).picture.pixels
    file = read_aed(data)
    hurt = read_aed(data.replace(file.tiles[1][:20], file.tiles[1][:19] + b"?"))
    with pytest.raises(FormatError, match=r"192 x 192 pixels at \(192, 0\)"):
        plain.decode(hurt)
    found = plain.decode(hurt, damaged=True)
    assert found.lost == ((192, 0, 192, 192),)
    changed = (found.picture.pixels != good).any(2)
    assert not changed[192:].any()
    assert not changed[:, :192].any()
    assert (found.picture.pixels[:192, 192:384] == 127).all()


def test_symbols_that_do_not_fit_their_checksum_are_refused(make_pixels: Pixels) -> None:
    plain = coder_with("convolutional")
    file = read_aed(plain.encode(Picture(make_pixels(40, 40)), 60).data)
    wrong = replace(file, tiles=(file.tiles[0][:12] + bytes([file.tiles[0][12] ^ 1]) + file.tiles[0][13:],))
    with pytest.raises(FormatError, match="cannot be read"):
        plain.decode(read_aed(write_aed(wrong)))


@pytest.mark.parametrize("size", [(1, 1), (1, 70), (300, 2)])
def test_pictures_of_odd_sizes_come_back_in_their_size(size: tuple[int, int], make_pixels: Pixels) -> None:
    for name in ("convolutional", "dense"):
        plain = coder_with(name)
        picture = Picture(np.full((*size, 3), 90, np.uint8))
        assert plain.decode(read_aed(plain.encode(picture, 50).data)).picture.pixels.shape == (*size, 3)


def test_metadata_alpha_and_depth_come_back(make_pixels: Pixels) -> None:
    pixels = make_pixels(30, 44, 4, np.uint16)
    picture = Picture(pixels[:, :, :3].copy(), pixels[:, :, 3].copy(), icc=b"icc", exif=b"MM\0*", xmp=b"<x/>", dpi=(300.0, 72.5))
    plain = coder_with("convolutional")
    found = plain.decode(read_aed(plain.encode(picture, 50).data)).picture
    assert found.bit_depth == 16
    assert np.array_equal(found.alpha, picture.alpha)
    assert (found.icc, found.exif, found.xmp, found.dpi) == (picture.icc, picture.exif, picture.xmp, picture.dpi)


def test_gray_pictures_and_gray_networks_give_gray(make_pixels: Pixels) -> None:
    gray, colour = Picture(make_pixels(30, 30, 1)), Picture(make_pixels(30, 30, 3))
    for name, picture in (("convolutional", gray), ("gray", gray), ("gray", colour)):
        plain = coder_with(name)
        assert plain.decode(read_aed(plain.encode(picture, 50).data)).picture.channels == 1


def test_the_costs_add_up_to_the_bytes(make_pixels: Pixels) -> None:
    plain = coder_with("convolutional")
    encoded = plain.encode(Picture(make_pixels(200, 200)), 70)
    (payload,) = read_aed(encoded.data).tiles
    assert 8 * (len(payload) - 4) == pytest.approx(float(encoded.bits.sum()), abs=32)
    latents = plain.latents(read_aed(encoded.data))
    assert np.allclose(latents.bits, encoded.bits)
    assert latents.values.shape == latents.symbols.shape == (12, 50, 50)
    assert latents.stride_px == 4


def test_a_search_for_a_target_analyses_the_picture_once(make_pixels: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, calls = coder_with("convolutional"), []
    monkeypatch.setattr(PlainModel, "analyse", lambda *args, original=PlainModel.analyse: calls.append(1) or original(*args))
    picture = Picture(make_pixels(40, 40))
    plain.encode(picture, 20)
    plain.encode(picture, 80)
    assert len(calls) == 1


def test_a_model_that_gives_no_numbers_is_named(make_pixels: Pixels) -> None:
    plain = coder_with("convolutional")
    with torch.no_grad():
        plain.model.network.to_code.bias[0] = float("nan")
    with pytest.raises(ModelError, match="no numbers"):
        plain.encode(Picture(make_pixels(20, 20)), 50)


def test_a_model_that_gives_no_pixels_is_named(make_pixels: Pixels) -> None:
    plain = coder_with("convolutional")
    file = read_aed(plain.encode(Picture(make_pixels(20, 20)), 50).data)
    with torch.no_grad():
        plain.model.network.from_code.bias[0] = float("nan")
    with pytest.raises(ModelError, match="no numbers"):
        plain.decode(file)


class TestThroughTheServices:
    def end(self, spec: object, *inputs: object) -> Any:
        *_, end = run(spec, *inputs)
        assert isinstance(end, Finished), end
        return end.result

    def test_a_file_finds_its_model_among_those_of_the_person(self, make_pixels: Pixels) -> None:
        installed("convolutional")
        picture = Picture(make_pixels(60, 80))
        made = self.end(CompressSpec(model="convolutional", quality=90, preview=True, device="cpu"), picture)
        back = self.end(DecompressSpec(device="cpu"), made.data).picture
        assert np.array_equal(back.pixels, made.decoded.pixels)
        assert made.psnr == pytest.approx(psnr(picture.pixels, back.pixels))

    def test_targets_are_met(self, make_pixels: Pixels) -> None:
        installed("convolutional")
        made = self.end(CompressSpec(model="convolutional", target_bytes=1000, device="cpu"), Picture(make_pixels(60, 80)))
        assert made.reached
        assert len(made.data) <= 1000

    def test_a_model_that_is_not_here_is_named_with_what_to_do(self, make_pixels: Pixels) -> None:
        path = installed("convolutional")
        data = coder("convolutional", "cpu").encode(Picture(make_pixels(20, 20)), 50).data
        path.unlink()
        with pytest.raises(ModelError, match=read_aed(data).model_id.hex()) as caught:
            coder_of(read_aed(data), "cpu")
        assert "embed-model" in caught.value.hint

    def test_a_model_that_lies_elsewhere_is_warned_of(self, make_pixels: Pixels, tmp_path: Path) -> None:
        here = installed("dense")
        elsewhere = tmp_path / "mine.safetensors"
        elsewhere.write_bytes(here.read_bytes())
        for model, embed, warned in ((here, False, False), (elsewhere, False, True), (elsewhere, True, False)):
            spec = CompressSpec(model=str(model), embed_model=embed, device="cpu")
            said = [event.text for event in run(spec, Picture(make_pixels(24, 24))) if isinstance(event, Log)]
            assert any("imported" in text for text in said) == warned

    def test_a_model_inside_the_file_needs_no_other(self, make_pixels: Pixels) -> None:
        path = installed("dense")
        picture = Picture(make_pixels(24, 24))
        data = coder("dense", "cpu").encode(picture, 80, embedded=path.read_bytes()).data
        here = coder_of(read_aed(data), "cpu").decode(read_aed(data)).picture.pixels
        path.unlink()
        assert np.array_equal(coder_of(read_aed(data), "cpu").decode(read_aed(data)).picture.pixels, here)

    def test_a_model_inside_the_file_that_changed_by_one_bit_is_refused(self, make_pixels: Pixels) -> None:
        path = installed("dense")
        weights = bytearray(path.read_bytes())
        weights[-5] ^= 1
        data = coder("dense", "cpu").encode(Picture(make_pixels(24, 24)), 80, embedded=bytes(weights)).data
        with pytest.raises(ModelError, match="not the one"):
            coder_of(read_aed(data), "cpu")

    def test_a_file_that_says_it_is_of_another_kind_is_refused(self, make_pixels: Pixels) -> None:
        installed("dense")
        file = read_aed(coder("dense", "cpu").encode(Picture(make_pixels(24, 24)), 80).data)
        with pytest.raises(FormatError, match="does not fit"):
            coder_of(replace(file, kind="codec"), "cpu")

    def test_a_network_without_a_latent_is_named(self) -> None:
        with pytest.raises(ModelError, match="no latent"):
            coder("denoise-photo", "cpu")

    def test_encoding_can_be_cancelled(self, make_pixels: Pixels) -> None:
        installed("dense")
        event = threading.Event()
        event.set()
        with pytest.raises(JobCancelled):
            list(compress(CompressSpec(model="dense", device="cpu"), Picture(make_pixels(24, 24)), CancelToken(event)))


def some_parameters(channels: int = 5) -> CodeParameters:
    random = np.random.default_rng(0)
    return CodeParameters(
        random.integers(0, 65536, channels).astype(np.uint16),
        random.integers(-500, 500, channels).astype(np.int16),
        random.integers(0, 4, channels).astype(np.uint8),
        random.integers(0, 128, channels).astype(np.uint8),
    )


def test_parameters_come_back_from_their_bytes() -> None:
    given = some_parameters(40)
    found = CodeParameters.unpack(given.pack(), 40)
    for name in ("scales", "centres", "methods", "tables"):
        assert np.array_equal(getattr(found, name), getattr(given, name))


@pytest.mark.parametrize("change", ["none", "short", "long", "other", "method", "table", "text", "channels"])
def test_parameters_that_are_not_sound_are_refused(change: str) -> None:
    good = some_parameters()
    data = {
        "none": None,
        "short": good.pack()[:-1],
        "long": good.pack() + b"1",
        "other": b"",
        "method": replace(good, methods=np.full(5, 4, np.uint8)).pack(),
        "table": replace(good, tables=np.full(5, 128, np.uint8)).pack(),
        "text": b"parameters",
        "channels": good.pack(),
    }[change]
    with pytest.raises(FormatError, match="quantised"):
        CodeParameters.unpack(data, 6 if change == "channels" else 5)


def test_the_residual_of_symbols_gives_them_back() -> None:
    parameters = some_parameters(12)
    symbols = np.random.default_rng(1).integers(-32_000, 32_000, (12, 7, 9)).astype(np.int32)
    assert np.array_equal(parameters.symbols(parameters.residual(symbols)), symbols)


def test_every_channel_is_predicted_as_suits_it() -> None:
    random = np.random.default_rng(2)
    noise = random.integers(-9, 9, (4, 40, 40))
    rows, columns = random.integers(-90, 90, (2, 40))
    symbols = noise // 3 + np.stack([0 * noise[0], 0 * noise[0] + rows[:, None], 0 * noise[0] + columns, rows[:, None] + columns])
    found = fitted(np.zeros(4, np.uint16), symbols.astype(np.int32), [(slice(0, 40), slice(0, 40))])
    assert found.methods.tolist() == [0, 1, 2, 3]


def test_differences_begin_at_the_edge() -> None:
    assert differences(np.array([[[5, 7], [1, 4]]], np.int32), (2,)).tolist() == [[[5, 2], [1, 3]]]
    assert differences(np.array([[[5, 7], [1, 4]]], np.int32), (1, 2)).tolist() == [[[5, 2], [-4, 1]]]


def test_steps_are_kept_to_a_tenth_of_a_percent() -> None:
    steps = np.geomspace(1e-6, 1e6, 50)
    assert steps_of(scales_of(steps)) == pytest.approx(steps, rel=4e-4)
    assert steps_of(np.array([32768, 33792], np.uint16)).tolist() == [1, 2]


def test_a_latent_beyond_all_memory_is_refused_before_it_is_made(make_pixels: Pixels) -> None:
    plain = coder_with("sparse")
    file = read_aed(plain.encode(Picture(make_pixels(16, 16)), 50).data)
    huge = replace(file, width=30_000, height=30_000, tiles=file.tiles * 900)
    with pytest.raises(FormatError, match="GiB"):
        plain.decode(huge)


def test_tiles_that_the_encoder_does_not_make_are_refused(make_pixels: Pixels) -> None:
    plain = coder_with("dense")
    file = read_aed(plain.encode(Picture(make_pixels(16, 16)), 50).data)
    for tile_px in (64, 1024 * 6):
        with pytest.raises(FormatError, match="do not fit"):
            plain.decode(replace(file, tile_px=tile_px))


def test_a_file_whose_parameters_are_missing_is_refused(make_pixels: Pixels) -> None:
    plain = coder_with("dense")
    file = read_aed(plain.encode(Picture(make_pixels(16, 16)), 50).data)
    for chunks in ((), (Chunk(PARAMETERS, b"?"),)):
        with pytest.raises(FormatError, match="quantised"):
            plain.decode(replace(file, chunks=chunks))
