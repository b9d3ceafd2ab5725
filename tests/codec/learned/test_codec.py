"""The learned codec from pictures to bytes and back, with a small network of random weights: every part has a say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_codec import make_lively_codec

from aedesk.codec.learned.decoder import TileRows, decode
from aedesk.codec.learned.encoder import Latents, encode
from aedesk.codec.learned.tile import decode_tile, encode_tile
from aedesk.codec.loading import LoadedCodec, load_codec, load_embedded
from aedesk.core.errors import FormatError, ModelError
from aedesk.formats.container import read_aed, write_aed
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.models.checkpoint import load_model, save_model
from aedesk.models.codec.quality import lmbda_of
from aedesk.models.identity import model_id

Pixels = Callable[..., np.ndarray]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_lively_codec(tmp_path_factory.mktemp("codec"))


@pytest.fixture(scope="module")
def codec(path: Path) -> LoadedCodec:
    return load_codec(str(path), "cpu")


@given(
    st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3]), st.sampled_from([np.uint8, np.uint16]), st.integers(0, 100), st.data()
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_size_depth_and_content_comes_back(
    codec: LoadedCodec, height: int, width: int, channels: int, dtype: type, quality: int, data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(["flat", "noise", "ramp"]))
    peak = np.iinfo(dtype).max
    random = np.random.default_rng(0)
    pixels = {
        "flat": np.full((height, width, channels), peak, dtype),
        "noise": random.integers(0, peak + 1, (height, width, channels)).astype(dtype),
        "ramp": np.linspace(0, peak, height * width * channels).reshape(height, width, channels).astype(dtype),
    }[kind]
    encoded = encode(Picture(pixels), codec, quality)
    result = decode(read_aed(encoded.data), codec).picture
    assert (result.pixels.shape, result.pixels.dtype) == (pixels.shape, pixels.dtype)
    assert encoded.bits.shape == (-(-height // 16), -(-width // 16))


@pytest.mark.parametrize("shape", [(1, 300), (300, 1)])
def test_extreme_shapes_come_back(codec: LoadedCodec, make_pixels: Pixels, shape: tuple[int, int]) -> None:
    picture = Picture(make_pixels(*shape))
    assert decode(read_aed(encode(picture, codec, 80).data), codec).picture.pixels.shape == (*shape, 3)


def test_a_latent_read_by_tiles_is_that_of_the_whole(codec: LoadedCodec, make_pixels: Pixels) -> None:
    picture = Picture(make_pixels(300, 340))
    latents = Latents(codec, picture, 50)
    whole = latents(Box(0, 0, 340, 300))
    part = latents(Box(128, 64, 192, 128))
    assert torch.allclose(part, whole[:, 4:8, 8:12], atol=1e-5)


def test_tiles_leave_no_seams(codec: LoadedCodec, make_pixels: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same symbols, synthesised at once and in small squares, give the same pixels to a level."""
    file = read_aed(encode(Picture(make_pixels(200, 330)), codec, 60, tile_px=64).data)
    at_once = decode(file, codec).picture.pixels.astype(int)
    monkeypatch.setattr("aedesk.codec.learned.decoder.CORE_PX", 64)
    in_squares = decode(file, codec).picture.pixels.astype(int)
    assert np.abs(at_once - in_squares).max() <= 1


def test_a_part_is_the_same_part_of_the_whole(codec: LoadedCodec, make_pixels: Pixels) -> None:
    file = read_aed(encode(Picture(make_pixels(150, 210)), codec, 70, tile_px=64).data)
    whole = decode(file, codec).picture.pixels.astype(int)
    part = decode(file, codec, part=Box(33, 70, 150, 131)).picture.pixels.astype(int)
    assert np.abs(part - whole[70:131, 33:150]).max() <= 1


def test_encoder_and_decoder_have_the_same_latent_to_the_bit(codec: LoadedCodec, make_pixels: Pixels) -> None:
    latent = Latents(codec, Picture(make_pixels(90, 120)), 65)(Box(0, 0, 120, 90))
    payload, sent = encode_tile(codec, latent, 65)
    received = decode_tile(codec, payload, 65, *latent.shape[1:], costs=True)
    assert np.array_equal(sent.symbols, received.symbols)
    assert np.array_equal(sent.side, received.side)
    assert torch.equal(sent.y_hat, received.y_hat)
    assert np.array_equal(sent.bits, received.bits)


def test_the_bitstream_is_as_long_as_the_model_says(codec: LoadedCodec, make_pixels: Pixels) -> None:
    """Actual bits against the estimate: a tenth of a per cent and the ends of the stream."""
    latent = Latents(codec, Picture(make_pixels(256, 256)), 80)(Box(0, 0, 256, 256))
    payload, tile = encode_tile(codec, latent, 80)
    estimate = tile.bits.sum() + tile.side_bits
    assert 8 * (len(payload) - 4) <= estimate * 1.001 + 64


def test_frugal_rounding_saves_bits(codec: LoadedCodec, make_pixels: Pixels) -> None:
    picture = Picture(make_pixels(128, 128))
    assert encode(picture, codec, 60).bits.sum() < encode(picture, codec, 60, frugal=False).bits.sum()


def test_the_slow_preset_lowers_the_cost_and_repeats_itself(
    codec: LoadedCodec, make_pixels: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aedesk.codec.learned.refine.STEPS", 15)
    picture = Picture(make_pixels(64, 64))

    def cost(data: bytes) -> float:
        error = np.square(decode(read_aed(data), codec).picture.pixels.astype(float) - picture.pixels).mean()
        return 8 * len(data) / 64**2 + float(lmbda_of(torch.tensor(70))) * error

    slow = encode(picture, codec, 70, slow=True).data
    assert cost(slow) < cost(encode(picture, codec, 70).data)
    assert encode(picture, codec, 70, slow=True).data == slow


def test_a_damaged_tile_costs_one_tile_and_is_said(codec: LoadedCodec, make_pixels: Pixels) -> None:
    data = encode(Picture(make_pixels(192, 192)), codec, 60, tile_px=64).data
    file = read_aed(data)
    at = data.index(file.tiles[4])
    broken = read_aed(data[: at + 9] + bytes([data[at + 9] ^ 1]) + data[at + 10 :])
    with pytest.raises(FormatError, match=r"64 x 64 pixels at \(64, 64\)"):
        decode(broken, codec)
    shown = decode(broken, codec, damaged=True)
    assert shown.lost == ((64, 64, 64, 64),)
    assert (shown.picture.pixels[64:128, 64:128] == 127).all()
    reach = codec.network.descriptor.halo_px or 0
    assert reach >= 64  # a soft ring around the hole may differ; the symbols of the neighbours do not
    whole, rest = TileRows(file, codec, damaged=False), TileRows(broken, codec, damaged=True)
    assert all(torch.equal(whole(number), rest(number)) for number in range(9) if number != 4)


def test_symbols_of_another_model_are_noticed(codec: LoadedCodec, path: Path, make_pixels: Pixels, tmp_path: Path) -> None:
    network, card = load_model(path)
    with torch.no_grad():
        next(network.entropy.context[1].parameters()).add_(0.05)
    other = load_codec(str(save_model(tmp_path / "other.safetensors", network.state_dict(), card, torch.float32)), "cpu")
    file = read_aed(encode(Picture(make_pixels(64, 64)), codec, 60).data)
    with pytest.raises(FormatError, match="cannot be read"):
        decode(file, other)


def test_a_model_that_changed_by_one_bit_has_another_name(path: Path, tmp_path: Path) -> None:
    data = path.read_bytes()
    changed = tmp_path / "changed.safetensors"
    changed.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert model_id(changed) != model_id(path)


def test_a_new_title_does_not_make_another_model(path: Path, tmp_path: Path) -> None:
    network, card = load_model(path)
    again = save_model(tmp_path / "again.safetensors", network.state_dict(), {**card, "title": "Another title"}, torch.float32)
    assert model_id(again) == model_id(path)


def test_an_embedded_model_must_be_the_one_that_wrote_the_file(path: Path) -> None:
    data = path.read_bytes()
    assert load_embedded(data, model_id(path), "cpu").model_id == model_id(path)
    with pytest.raises(ModelError, match="not the one that wrote it"):
        load_embedded(data, b"another.", "cpu")


def test_sixteen_bits_can_be_had_of_eight_and_the_other_way(codec: LoadedCodec, make_pixels: Pixels) -> None:
    file = read_aed(encode(Picture(make_pixels(40, 40)), codec, 90).data)
    eight, sixteen = (decode(file, codec, bit_depth=depth).picture.pixels for depth in (8, 16))
    assert np.abs(sixteen.astype(float) / 257 - eight).max() <= 0.5 + 1e-6
    assert len(np.unique(sixteen)) > len(np.unique(eight))


def test_files_written_again_are_the_same_bytes(codec: LoadedCodec, make_pixels: Pixels) -> None:
    data = encode(Picture(make_pixels(70, 70)), codec, 30).data
    assert write_aed(replace(read_aed(data))) == data
