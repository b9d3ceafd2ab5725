"""Latents of any autoencoder as .aed files."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from aedesk.codec.autoencoder import latent_grid
from aedesk.codec.autoencoder.codec import AutoencoderCodec
from aedesk.codec.autoencoder.latent_grid import LatentGrid
from aedesk.codec.autoencoder.parameters import CodeParameters, differences, fit_parameters, scales_from_steps, steps_from_scales
from aedesk.codec.autoencoder.quantiser_steps import DB_PER_QUALITY, LOWEST_PSNR_DB
from aedesk.codec.compress import compress
from aedesk.codec.loading import codec_for, load_codec
from aedesk.codec.picture_codec import DecodeOptions, EncodeOptions
from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.codec_specs import CompressSpec, DecompressSpec
from aedesk.core.errors import FormatError, ModelError
from aedesk.core.events import Finished, Log
from aedesk.data.pictures.tensors import PixelSource
from aedesk.formats.aed_file import PARAMETERS, Chunk
from aedesk.formats.container import read_aed, write_aed
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.jobs.inline import run
from aedesk.models.families import FAMILIES
from aedesk.models.files.checkpoint import save_model
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


def make_codec(name: str) -> AutoencoderCodec:
    network, card = network_of(name)
    return AutoencoderCodec(network, b"12345678", torch.device("cpu"), card)


def installed(name: str) -> Path:
    network, card = network_of(name)
    return save_model(models_dir() / f"{name}.safetensors", network.state_dict(), card, torch.float32)


def unquantised(codec: AutoencoderCodec, picture: Picture) -> np.ndarray:
    """Returns (H, W, 3) floats: the network's output for the padded picture, square by square if its input size is fixed."""
    grid, whole = codec.grid, codec.grid.padded(picture.width, picture.height)
    given = PixelSource(picture.pixels)(whole)
    edge = grid.network.descriptor.fixed_px
    squares = [(0, 0, whole.bottom, whole.right)]
    if edge:
        squares = [(y, x, y + edge, x + edge) for y in range(0, whole.bottom, edge) for x in range(0, whole.right, edge)]
    result = torch.empty(grid.picture_channels, whole.bottom, whole.right)
    with torch.inference_mode():
        for top, left, bottom, right in squares:
            result[:, top:bottom, left:right] = grid.network(given[None, : grid.picture_channels, top:bottom, left:right])[0]
    return result.expand(3, -1, -1).permute(1, 2, 0).numpy()[: picture.height, : picture.width]


@pytest.mark.parametrize("name", NETWORKS)
def test_at_the_highest_quality_the_picture_is_the_networks_output(name: str, make_pixels: Pixels) -> None:
    codec = make_codec(name)
    picture = Picture(make_pixels(37, 53, codec.grid.picture_channels))
    found = codec.decode(read_aed(codec.encode(picture, EncodeOptions(100)).data)).picture
    expected = unquantised(codec, picture)[:, :, : found.channels]
    assert found.pixels.shape == picture.pixels.shape
    assert 10 * np.log10(1 / np.square(found.pixels / 255 - expected).mean()) > 45


@pytest.mark.parametrize("name", ["convolutional", "dense"])
def test_quality_sets_the_psnr_to_the_unquantised_output(name: str, make_pixels: Pixels) -> None:
    codec = make_codec(name)
    picture = Picture(make_pixels(96, 120))
    exact, sizes = unquantised(codec, picture), []
    for quality in (20, 50, 80):
        data = codec.encode(picture, EncodeOptions(quality)).data
        error = np.square(codec.decode(read_aed(data), DecodeOptions(bit_depth=16)).picture.pixels / 65535 - exact).mean()
        assert -10 * np.log10(error) == pytest.approx(LOWEST_PSNR_DB + DB_PER_QUALITY * quality, abs=1)
        sizes.append(len(data))
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("name", ["convolutional", "dense", "masked"])
def test_tiles_and_blocks_leave_no_seams(name: str, make_pixels: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = Picture(make_pixels(90, 210))
    codec = make_codec(name)
    once = codec.decode(read_aed(codec.encode(picture, EncodeOptions(60)).data)).picture.pixels.astype(int)
    monkeypatch.setattr(latent_grid, "TILE_PX", 64)
    monkeypatch.setattr(latent_grid, "BLOCK_PX", 48)
    codec = make_codec(name)
    file = read_aed(codec.encode(picture, EncodeOptions(60)).data)
    assert len(file.tiles) > 1
    assert np.abs(codec.decode(file).picture.pixels - once).max() <= 1


@pytest.mark.parametrize("name", ["convolutional", "dense"])
def test_a_region_equals_that_part_of_the_whole(name: str, make_pixels: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latent_grid, "TILE_PX", 64)
    monkeypatch.setattr(latent_grid, "BLOCK_PX", 48)
    codec = make_codec(name)
    file = read_aed(codec.encode(Picture(make_pixels(150, 160)), EncodeOptions(60)).data)
    whole = codec.decode(file).picture.pixels.astype(int)
    for box in (Box(0, 0, 1, 1), Box(70, 20, 140, 149), Box(159, 149, 160, 150)):
        part = codec.decode(file, DecodeOptions(region=box)).picture.pixels
        assert np.abs(part - whole[box.top : box.bottom, box.left : box.right]).max() <= 1


def test_a_damaged_tile_is_reported_and_affects_no_other(make_pixels: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latent_grid, "TILE_PX", 64)
    codec = make_codec("dense")  # tiles of 192 pixels: a multiple of both 12 and 64
    data = codec.encode(Picture(make_pixels(200, 400)), EncodeOptions(60)).data
    good = codec.decode(read_aed(data)).picture.pixels
    file = read_aed(data)
    hurt = read_aed(data.replace(file.tiles[1][:20], file.tiles[1][:19] + b"?"))
    with pytest.raises(FormatError, match=r"192 x 192 pixels at \(192, 0\)"):
        codec.decode(hurt)
    found = codec.decode(hurt, DecodeOptions(salvage=True))
    assert found.lost == ((192, 0, 192, 192),)
    changed = (found.picture.pixels != good).any(2)
    assert not changed[192:].any()
    assert not changed[:, :192].any()
    assert (found.picture.pixels[:192, 192:384] == 127).all()


def test_symbols_that_do_not_match_their_checksum_are_rejected(make_pixels: Pixels) -> None:
    codec = make_codec("convolutional")
    file = read_aed(codec.encode(Picture(make_pixels(40, 40)), EncodeOptions(60)).data)
    wrong = replace(file, tiles=(file.tiles[0][:12] + bytes([file.tiles[0][12] ^ 1]) + file.tiles[0][13:],))
    with pytest.raises(FormatError, match="cannot be read"):
        codec.decode(read_aed(write_aed(wrong)))


@pytest.mark.parametrize("size", [(1, 1), (1, 70), (300, 2)])
def test_pictures_of_odd_sizes_keep_their_size(size: tuple[int, int], make_pixels: Pixels) -> None:
    for name in ("convolutional", "dense"):
        codec = make_codec(name)
        picture = Picture(np.full((*size, 3), 90, np.uint8))
        assert codec.decode(read_aed(codec.encode(picture, EncodeOptions(50)).data)).picture.pixels.shape == (*size, 3)


def test_metadata_alpha_and_depth_are_preserved(make_pixels: Pixels) -> None:
    pixels = make_pixels(30, 44, 4, np.uint16)
    picture = Picture(pixels[:, :, :3].copy(), pixels[:, :, 3].copy(), icc=b"icc", exif=b"MM\0*", xmp=b"<x/>", dpi=(300.0, 72.5))
    codec = make_codec("convolutional")
    found = codec.decode(read_aed(codec.encode(picture, EncodeOptions(50)).data)).picture
    assert found.bit_depth == 16
    assert np.array_equal(found.alpha, picture.alpha)
    assert (found.icc, found.exif, found.xmp, found.dpi) == (picture.icc, picture.exif, picture.xmp, picture.dpi)


def test_gray_pictures_and_networks_with_one_channel_give_gray(make_pixels: Pixels) -> None:
    gray, colour = Picture(make_pixels(30, 30, 1)), Picture(make_pixels(30, 30, 3))
    for name, picture in (("convolutional", gray), ("gray", gray), ("gray", colour)):
        codec = make_codec(name)
        assert codec.decode(read_aed(codec.encode(picture, EncodeOptions(50)).data)).picture.channels == 1


def test_bits_per_position_add_up_to_the_payload(make_pixels: Pixels) -> None:
    codec = make_codec("convolutional")
    encoded = codec.encode(Picture(make_pixels(200, 200)), EncodeOptions(70, count_bits=True))
    (payload,) = read_aed(encoded.data).tiles
    assert 8 * (len(payload) - 4) == pytest.approx(float(encoded.bits.sum()), abs=32)
    latents = codec.latents(read_aed(encoded.data))
    assert np.allclose(latents.bits, encoded.bits)
    assert latents.values.shape == latents.symbols.shape == (12, 50, 50)
    assert latents.stride_px == 4


def test_a_search_for_a_target_analyses_the_picture_once(make_pixels: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    codec, calls = make_codec("convolutional"), []
    monkeypatch.setattr(LatentGrid, "analyse", lambda *args, original=LatentGrid.analyse: calls.append(1) or original(*args))
    picture = Picture(make_pixels(40, 40))
    codec.encode(picture, EncodeOptions(20))
    codec.encode(picture, EncodeOptions(80))
    assert len(calls) == 1


def test_a_latent_that_is_not_finite_is_an_error(make_pixels: Pixels) -> None:
    codec = make_codec("convolutional")
    with torch.no_grad():
        codec.grid.network.to_code.bias[0] = float("nan")
    with pytest.raises(ModelError, match="not finite"):
        codec.encode(Picture(make_pixels(20, 20)), EncodeOptions(50))


def test_pixels_that_are_not_finite_are_an_error(make_pixels: Pixels) -> None:
    codec = make_codec("convolutional")
    file = read_aed(codec.encode(Picture(make_pixels(20, 20)), EncodeOptions(50)).data)
    with torch.no_grad():
        codec.grid.network.from_code.bias[0] = float("nan")
    with pytest.raises(ModelError, match="not finite"):
        codec.decode(file)


class TestThroughTheServices:
    def end(self, spec: object, *inputs: object) -> Any:
        *_, end = run(spec, *inputs)
        assert isinstance(end, Finished), end
        return end.result

    def test_a_file_is_decoded_with_the_installed_model_it_names(self, make_pixels: Pixels) -> None:
        installed("convolutional")
        picture = Picture(make_pixels(60, 80))
        made = self.end(CompressSpec(model="convolutional", quality=90, evaluate=True, device="cpu"), picture)
        back = self.end(DecompressSpec(device="cpu"), made.data).picture
        assert np.array_equal(back.pixels, made.decoded.pixels)
        assert made.psnr == pytest.approx(psnr(picture.pixels, back.pixels))

    def test_a_size_target_is_met(self, make_pixels: Pixels) -> None:
        installed("convolutional")
        made = self.end(CompressSpec(model="convolutional", target_bytes=1000, device="cpu"), Picture(make_pixels(60, 80)))
        assert made.reached
        assert len(made.data) <= 1000

    def test_a_missing_model_is_an_error_with_its_id_and_a_hint(self, make_pixels: Pixels) -> None:
        path = installed("convolutional")
        data = load_codec("convolutional", "cpu").encode(Picture(make_pixels(20, 20)), EncodeOptions(50)).data
        path.unlink()
        with pytest.raises(ModelError, match=read_aed(data).model_id.hex()) as caught:
            codec_for(read_aed(data), "cpu")
        assert "embed-model" in caught.value.hint

    def test_a_model_that_is_not_installed_gives_a_warning_unless_embedded(self, make_pixels: Pixels, tmp_path: Path) -> None:
        here = installed("dense")
        elsewhere = tmp_path / "mine.safetensors"
        elsewhere.write_bytes(here.read_bytes())
        for model, embed, warned in ((here, False, False), (elsewhere, False, True), (elsewhere, True, False)):
            spec = CompressSpec(model=str(model), embed_model=embed, device="cpu")
            logged = [event.text for event in run(spec, Picture(make_pixels(24, 24))) if isinstance(event, Log)]
            assert any("imported" in text for text in logged) == warned

    def test_an_embedded_model_needs_no_installed_one(self, make_pixels: Pixels) -> None:
        path = installed("dense")
        picture = Picture(make_pixels(24, 24))
        data = load_codec("dense", "cpu").encode(picture, EncodeOptions(80, model_file=path.read_bytes())).data
        here = codec_for(read_aed(data), "cpu").decode(read_aed(data)).picture.pixels
        path.unlink()
        assert np.array_equal(codec_for(read_aed(data), "cpu").decode(read_aed(data)).picture.pixels, here)

    def test_an_embedded_model_with_a_flipped_bit_is_rejected(self, make_pixels: Pixels) -> None:
        path = installed("dense")
        weights = bytearray(path.read_bytes())
        weights[-5] ^= 1
        data = load_codec("dense", "cpu").encode(Picture(make_pixels(24, 24)), EncodeOptions(80, model_file=bytes(weights))).data
        with pytest.raises(ModelError, match="not the one"):
            codec_for(read_aed(data), "cpu")

    def test_a_file_whose_kind_does_not_fit_its_model_is_rejected(self, make_pixels: Pixels) -> None:
        installed("dense")
        file = read_aed(load_codec("dense", "cpu").encode(Picture(make_pixels(24, 24)), EncodeOptions(80)).data)
        with pytest.raises(FormatError, match="does not fit"):
            codec_for(replace(file, kind="codec"), "cpu")

    def test_a_network_without_a_latent_is_an_error(self) -> None:
        with pytest.raises(ModelError, match="no latent"):
            load_codec("denoise-photo", "cpu")

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


def test_packed_parameters_are_unpacked() -> None:
    given = some_parameters(40)
    found = CodeParameters.unpack(given.pack(), 40)
    for name in ("scales", "centres", "methods", "tables"):
        assert np.array_equal(getattr(found, name), getattr(given, name))


@pytest.mark.parametrize("change", ["none", "short", "long", "other", "method", "table", "text", "channels"])
def test_invalid_parameters_are_rejected(change: str) -> None:
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
    with pytest.raises(FormatError, match="quantisation parameters"):
        CodeParameters.unpack(data, 6 if change == "channels" else 5)


def test_symbols_are_recovered_from_their_residual() -> None:
    parameters = some_parameters(12)
    symbols = np.random.default_rng(1).integers(-32_000, 32_000, (12, 7, 9)).astype(np.int32)
    assert np.array_equal(parameters.symbols(parameters.residual(symbols)), symbols)


def test_each_channel_gets_the_prediction_that_suits_it() -> None:
    random = np.random.default_rng(2)
    noise = random.integers(-9, 9, (4, 40, 40))
    rows, columns = random.integers(-90, 90, (2, 40))
    symbols = noise // 3 + np.stack([0 * noise[0], 0 * noise[0] + rows[:, None], 0 * noise[0] + columns, rows[:, None] + columns])
    found = fit_parameters(np.zeros(4, np.uint16), symbols.astype(np.int32), [(slice(0, 40), slice(0, 40))])
    assert found.methods.tolist() == [0, 1, 2, 3]


def test_differences_at_the_edge_are_the_symbols_themselves() -> None:
    assert differences(np.array([[[5, 7], [1, 4]]], np.int32), (2,)).tolist() == [[[5, 2], [1, 3]]]
    assert differences(np.array([[[5, 7], [1, 4]]], np.int32), (1, 2)).tolist() == [[[5, 2], [-4, 1]]]


def test_steps_are_stored_to_within_a_tenth_of_a_per_cent() -> None:
    steps = np.geomspace(1e-6, 1e6, 50)
    assert steps_from_scales(scales_from_steps(steps)) == pytest.approx(steps, rel=4e-4)
    assert steps_from_scales(np.array([32768, 33792], np.uint16)).tolist() == [1, 2]


def test_a_latent_over_the_memory_limit_is_rejected_before_allocation(make_pixels: Pixels) -> None:
    codec = make_codec("sparse")
    file = read_aed(codec.encode(Picture(make_pixels(16, 16)), EncodeOptions(50)).data)
    huge = replace(file, width=30_000, height=30_000, tiles=file.tiles * 900)
    with pytest.raises(FormatError, match="GiB"):
        codec.decode(huge)


def test_tile_sizes_that_do_not_fit_the_model_are_rejected(make_pixels: Pixels) -> None:
    codec = make_codec("dense")
    file = read_aed(codec.encode(Picture(make_pixels(16, 16)), EncodeOptions(50)).data)
    for tile_px in (64, 1024 * 6):
        with pytest.raises(FormatError, match="do not fit"):
            codec.decode(replace(file, tile_px=tile_px))


def test_a_file_with_missing_or_damaged_parameters_is_rejected(make_pixels: Pixels) -> None:
    codec = make_codec("dense")
    file = read_aed(codec.encode(Picture(make_pixels(16, 16)), EncodeOptions(50)).data)
    for chunks in ((), (Chunk(PARAMETERS, b"?"),)):
        with pytest.raises(FormatError, match="quantisation parameters"):
            codec.decode(replace(file, chunks=chunks))
