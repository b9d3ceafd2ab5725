"""The learned codec from pictures to bytes and back, with a small network of random weights so that every part matters."""

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

from aedesk.codec import api
from aedesk.codec.learned.analysis import PictureLatent
from aedesk.codec.learned.codec import LearnedCodec
from aedesk.codec.learned.synthesis import TileLatents
from aedesk.codec.loading import load_codec, load_embedded
from aedesk.codec.picture_codec import DecodeOptions, EncodeOptions
from aedesk.core.codec_specs import CompressSpec
from aedesk.core.errors import FormatError, ModelError
from aedesk.formats.container import read_aed, write_aed
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.models.codec.quality import lmbda_of
from aedesk.models.files.checkpoint import load_model, save_model
from aedesk.models.files.identity import model_id

Pixels = Callable[..., np.ndarray]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_lively_codec(tmp_path_factory.mktemp("codec"))


@pytest.fixture(scope="module")
def codec(path: Path) -> LearnedCodec:
    codec = load_codec(str(path), "cpu")
    assert isinstance(codec, LearnedCodec)
    return codec


def analyse(codec: LearnedCodec, picture: Picture, box: Box) -> torch.Tensor:
    return PictureLatent(codec.network, codec.device, picture, 50)(box)


@given(
    st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3]), st.sampled_from([np.uint8, np.uint16]), st.integers(0, 100), st.data()
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_size_depth_and_content_is_decoded(
    codec: LearnedCodec, height: int, width: int, channels: int, dtype: type, quality: int, data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(["flat", "noise", "ramp"]))
    peak = np.iinfo(dtype).max
    random = np.random.default_rng(0)
    pixels = {
        "flat": np.full((height, width, channels), peak, dtype),
        "noise": random.integers(0, peak + 1, (height, width, channels)).astype(dtype),
        "ramp": np.linspace(0, peak, height * width * channels).reshape(height, width, channels).astype(dtype),
    }[kind]
    encoded = codec.encode(Picture(pixels), EncodeOptions(quality))
    result = codec.decode(read_aed(encoded.data)).picture
    assert (result.pixels.shape, result.pixels.dtype) == (pixels.shape, pixels.dtype)
    assert encoded.bits.shape == (-(-height // 16), -(-width // 16))


@pytest.mark.parametrize("shape", [(1, 300), (300, 1)])
def test_extreme_shapes_are_decoded(codec: LearnedCodec, make_pixels: Pixels, shape: tuple[int, int]) -> None:
    picture = Picture(make_pixels(*shape))
    assert codec.decode(read_aed(codec.encode(picture, EncodeOptions(80)).data)).picture.pixels.shape == (*shape, 3)


def test_the_latent_of_a_box_equals_that_part_of_the_whole(codec: LearnedCodec, make_pixels: Pixels) -> None:
    picture = Picture(make_pixels(300, 340))
    whole = analyse(codec, picture, Box(0, 0, 340, 300))
    part = analyse(codec, picture, Box(128, 64, 192, 128))
    assert torch.allclose(part, whole[:, 4:8, 8:12], atol=1e-5)


@pytest.mark.parametrize("options", [DecodeOptions(), DecodeOptions(fast=True)], ids=["full", "fast"])
def test_the_size_of_the_synthesised_squares_leaves_no_seams(
    codec: LearnedCodec, make_pixels: Pixels, monkeypatch: pytest.MonkeyPatch, options: DecodeOptions
) -> None:
    """The same symbols, synthesised at once and in small squares, give the same pixels within one level."""
    file = read_aed(codec.encode(Picture(make_pixels(200, 330)), EncodeOptions(60, tile_px=64)).data)
    at_once = codec.decode(file, options).picture.pixels.astype(int)
    monkeypatch.setattr("aedesk.codec.learned.codec.SYNTHESIS_PX", 64)
    in_squares = codec.decode(file, options).picture.pixels.astype(int)
    assert np.abs(at_once - in_squares).max() <= 1


def test_fast_decoding_returns_the_linear_base(codec: LearnedCodec, make_pixels: Pixels) -> None:
    file = read_aed(codec.encode(Picture(make_pixels(64, 96)), EncodeOptions(70)).data)
    y_hat = torch.from_numpy(codec.latents(file).values)[None]
    expected = codec.network.synthesise_base(y_hat)[0].clamp(0, 1).permute(1, 2, 0).detach().numpy() * 255
    assert np.abs(codec.decode(file, DecodeOptions(fast=True)).picture.pixels - expected).max() < 0.51
    assert not np.array_equal(codec.decode(file).picture.pixels, codec.decode(file, DecodeOptions(fast=True)).picture.pixels)


def test_a_region_equals_that_part_of_the_whole(codec: LearnedCodec, make_pixels: Pixels) -> None:
    file = read_aed(codec.encode(Picture(make_pixels(150, 210)), EncodeOptions(70, tile_px=64)).data)
    whole = codec.decode(file).picture.pixels.astype(int)
    part = codec.decode(file, DecodeOptions(region=Box(33, 70, 150, 131))).picture.pixels.astype(int)
    assert np.abs(part - whole[70:131, 33:150]).max() <= 1


def test_encoder_and_decoder_have_bit_identical_latents(codec: LearnedCodec, make_pixels: Pixels) -> None:
    latent = analyse(codec, Picture(make_pixels(90, 120)), Box(0, 0, 120, 90))
    payload, sent = codec.tile_coder.encode(latent, 65, count_bits=True)
    received = codec.tile_coder.decode(payload, 65, *latent.shape[1:], count_bits=True)
    assert np.array_equal(sent.symbols, received.symbols)
    assert np.array_equal(sent.side, received.side)
    assert torch.equal(sent.y_hat, received.y_hat)
    assert np.array_equal(sent.bits, received.bits)


def test_the_bitstream_is_as_long_as_estimated(codec: LearnedCodec, make_pixels: Pixels) -> None:
    """Within a tenth of a per cent of the estimate, and the end of the stream."""
    latent = analyse(codec, Picture(make_pixels(256, 256)), Box(0, 0, 256, 256))
    payload, tile = codec.tile_coder.encode(latent, 80, count_bits=True)
    estimate = tile.bits.sum() + tile.side_bits
    assert 8 * (len(payload) - 4) <= estimate * 1.001 + 64


def test_rdoq_saves_bits(codec: LearnedCodec, make_pixels: Pixels) -> None:
    picture = Picture(make_pixels(128, 128))
    with_rdoq, without = (codec.encode(picture, EncodeOptions(60, rdoq=rdoq, count_bits=True)).bits for rdoq in (True, False))
    assert with_rdoq.sum() < without.sum()


def test_the_slow_preset_lowers_the_cost_and_is_deterministic(
    codec: LearnedCodec, make_pixels: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aedesk.codec.learned.refine.STEPS", 15)
    picture = Picture(make_pixels(64, 64))

    def cost(data: bytes) -> float:
        error = np.square(codec.decode(read_aed(data)).picture.pixels.astype(float) - picture.pixels).mean()
        return 8 * len(data) / 64**2 + float(lmbda_of(torch.tensor(70))) * error

    slow = codec.encode(picture, EncodeOptions(70, slow=True)).data
    assert cost(slow) < cost(codec.encode(picture, EncodeOptions(70)).data)
    assert codec.encode(picture, EncodeOptions(70, slow=True)).data == slow


def test_a_damaged_tile_is_reported_and_affects_no_other(codec: LearnedCodec, make_pixels: Pixels) -> None:
    data = codec.encode(Picture(make_pixels(192, 192)), EncodeOptions(60, tile_px=64)).data
    file = read_aed(data)
    at = data.index(file.tiles[4])
    broken = read_aed(data[: at + 9] + bytes([data[at + 9] ^ 1]) + data[at + 10 :])
    with pytest.raises(FormatError, match=r"64 x 64 pixels at \(64, 64\)"):
        codec.decode(broken)
    shown = codec.decode(broken, DecodeOptions(salvage=True))
    assert shown.lost == ((64, 64, 64, 64),)
    assert (shown.picture.pixels[64:128, 64:128] == 127).all()
    reach = codec.network.descriptor.halo_px or 0
    assert reach >= 64  # pixels near the gap may differ; the symbols of the neighbours do not
    whole, rest = (TileLatents(each, codec.tile_coder, 16, codec.device, salvage=True) for each in (file, broken))
    assert all(torch.equal(whole(number), rest(number)) for number in range(9) if number != 4)


@pytest.mark.parametrize("tile_px", [64, 1024])
def test_a_picture_of_which_nothing_is_left_is_an_error(codec: LearnedCodec, make_pixels: Pixels, tile_px: int) -> None:
    file = read_aed(codec.encode(Picture(make_pixels(100, 100)), EncodeOptions(60, tile_px=tile_px)).data)
    broken = replace(file, damaged=frozenset(range(len(file.tiles))))
    with pytest.raises(FormatError, match="Nothing of this picture is left"):
        codec.decode(broken, DecodeOptions(salvage=True))


def test_a_region_of_which_nothing_is_left_is_an_error_and_another_is_not(codec: LearnedCodec, make_pixels: Pixels) -> None:
    file = read_aed(codec.encode(Picture(make_pixels(64, 128)), EncodeOptions(60, tile_px=64)).data)
    broken = replace(file, damaged=frozenset({1}))
    with pytest.raises(FormatError, match="Nothing of this picture is left"):
        codec.decode(broken, DecodeOptions(salvage=True, region=Box(70, 0, 100, 64)))
    assert codec.decode(broken, DecodeOptions(salvage=True, region=Box(0, 0, 65, 64))).lost == ((64, 0, 64, 64),)


def test_a_damaged_byte_costs_only_a_part_of_a_photograph(codec: LearnedCodec, make_pixels: Pixels) -> None:
    file = read_aed(codec.encode(Picture(make_pixels(512, 768)), EncodeOptions(30)).data)
    shown = codec.decode(replace(file, damaged=frozenset({0})), DecodeOptions(salvage=True))
    assert sum(width * height for _, _, width, height in shown.lost) < 0.7 * 512 * 768


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("tile_px", [64, 192, 512])
def test_squares_and_tiles_of_every_size_give_the_same_picture(
    codec: LearnedCodec, make_pixels: Pixels, monkeypatch: pytest.MonkeyPatch, tile_px: int, fast: bool
) -> None:
    """Squares straddle rows of tiles, and a tile that is still needed is not dropped."""
    file = read_aed(codec.encode(Picture(make_pixels(700, 90)), EncodeOptions(60, tile_px=tile_px)).data)
    whole = codec.decode(file, DecodeOptions(fast=fast)).picture.pixels.astype(int)
    monkeypatch.setattr("aedesk.codec.learned.codec.SYNTHESIS_PX", 128)
    assert np.abs(codec.decode(file, DecodeOptions(fast=fast)).picture.pixels - whole).max() <= 1


@pytest.mark.parametrize("shape", [(1, 30_001), (30_001, 1)])
def test_a_picture_beyond_the_limits_is_refused_before_any_work(shape: tuple[int, int]) -> None:
    spec = CompressSpec(model="not-even-looked-for")
    with pytest.raises(FormatError, match=r"the limits of \.aed files are 30,000"):
        api.encode(Picture(np.zeros((*shape, 3), np.uint8)), spec)


def test_symbols_of_another_model_are_detected(codec: LearnedCodec, path: Path, make_pixels: Pixels, tmp_path: Path) -> None:
    network, card = load_model(path)
    with torch.no_grad():
        next(network.entropy.context[1].parameters()).add_(0.05)
    other = load_codec(str(save_model(tmp_path / "other.safetensors", network.state_dict(), card, torch.float32)), "cpu")
    file = read_aed(codec.encode(Picture(make_pixels(64, 64)), EncodeOptions(60)).data)
    with pytest.raises(FormatError, match="cannot be read"):
        other.decode(file)


def test_a_model_with_a_flipped_bit_has_another_id(path: Path, tmp_path: Path) -> None:
    data = path.read_bytes()
    changed = tmp_path / "changed.safetensors"
    changed.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert model_id(changed) != model_id(path)


def test_a_new_title_does_not_change_the_id(path: Path, tmp_path: Path) -> None:
    network, card = load_model(path)
    again = save_model(tmp_path / "again.safetensors", network.state_dict(), {**card, "title": "Another title"}, torch.float32)
    assert model_id(again) == model_id(path)


def test_an_embedded_model_must_have_the_id_in_the_file(path: Path) -> None:
    data = path.read_bytes()
    assert load_embedded(data, model_id(path), "cpu").model_id == model_id(path)
    with pytest.raises(ModelError, match="not the one that wrote it"):
        load_embedded(data, b"another.", "cpu")


def test_the_bit_depth_of_the_result_can_be_chosen(codec: LearnedCodec, make_pixels: Pixels) -> None:
    file = read_aed(codec.encode(Picture(make_pixels(40, 40)), EncodeOptions(90)).data)
    eight, sixteen = (codec.decode(file, DecodeOptions(depth)).picture.pixels for depth in (8, 16))
    assert np.abs(sixteen.astype(float) / 257 - eight).max() <= 0.5 + 1e-6
    assert len(np.unique(sixteen)) > len(np.unique(eight))


def test_rewriting_a_file_gives_the_same_bytes(codec: LearnedCodec, make_pixels: Pixels) -> None:
    data = codec.encode(Picture(make_pixels(70, 70)), EncodeOptions(30)).data
    assert write_aed(replace(read_aed(data))) == data
