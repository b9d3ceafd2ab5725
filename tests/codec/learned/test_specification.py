"""A reader written from SPEC.md alone finds the symbols and the pixels that the program finds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from reference_codec import ReferenceCodec
from safetensors.numpy import load_file
from small_codec import make_lively_codec

from aedesk.codec.learned.decoder import decode
from aedesk.codec.learned.encoder import encode
from aedesk.codec.learned.tile import decode_tile
from aedesk.codec.loading import LoadedCodec, load_codec
from aedesk.formats.checksum import crc32c
from aedesk.formats.container import read_aed
from aedesk.imaging.picture import Picture
from aedesk.models.checkpoint import load_model, save_model

Pixels = Callable[..., np.ndarray]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Further from where training begins than any training gets, so that no term is too small to matter."""
    path = make_lively_codec(tmp_path_factory.mktemp("codec"))
    network, card = load_model(path)
    torch.manual_seed(3)
    with torch.no_grad():
        for name, parameter in network.entropy.named_parameters():
            parameter.add_(torch.randn_like(parameter) * (0.3 if name == "gain.change" else 0.06 if parameter.ndim == 4 else 0.02))
    return save_model(path, network.state_dict(), card, torch.float32)


@pytest.mark.parametrize("quality", [0, 37, 50, 100])
def test_symbols_and_pixels_of_the_learned_codec_are_those_of_the_specification(path: Path, quality: int, make_pixels: Pixels) -> None:
    codec = load_codec(str(path), "cpu")
    assert isinstance(codec, LoadedCodec)
    file = read_aed(encode(Picture(make_pixels(170, 150)), codec, quality).data)
    rows, columns = -(-file.height // 16), -(-file.width // 16)
    reference = ReferenceCodec(load_file(path))
    z, y = reference.symbols(file.tiles[0], quality, rows, columns)
    found = decode_tile(codec, file.tiles[0], quality, rows, columns)
    assert np.array_equal(z, found.side)
    assert np.array_equal(y, found.symbols)
    assert np.count_nonzero(y) > y.size / 50
    assert file.tiles[0][:4] == crc32c(z.astype("<i4").tobytes() + y.astype("<i4").tobytes()).to_bytes(4, "little")
    pixels = reference.pixels(quality).transpose(1, 2, 0)[: file.height, : file.width].clip(0, 1) * 255
    assert np.abs(pixels - decode(file, codec).picture.pixels).max() < 0.51
