"""A decoder written from SPEC.md alone obtains the same symbols and pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from reference_codec import ReferenceCodec
from safetensors.numpy import load_file
from small_codec import make_lively_codec

from aedesk.codec.learned.codec import LearnedCodec
from aedesk.codec.loading import load_codec
from aedesk.codec.picture_codec import EncodeOptions
from aedesk.formats.checksum import crc32c
from aedesk.formats.container import read_aed
from aedesk.imaging.picture import Picture
from aedesk.models.files.checkpoint import load_model, save_model

Pixels = Callable[..., np.ndarray]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model further from its initialisation than training gets, so that no term is negligible."""
    path = make_lively_codec(tmp_path_factory.mktemp("codec"))
    network, card = load_model(path)
    torch.manual_seed(3)
    with torch.no_grad():
        for name, parameter in network.entropy.named_parameters():
            parameter.add_(torch.randn_like(parameter) * (0.3 if name == "gain.change" else 0.06 if parameter.ndim == 4 else 0.02))
    return save_model(path, network.state_dict(), card, torch.float32)


@pytest.mark.parametrize("quality", [0, 37, 50, 100])
def test_symbols_and_pixels_agree_with_the_specification(path: Path, quality: int, make_pixels: Pixels) -> None:
    codec = load_codec(str(path), "cpu")
    assert isinstance(codec, LearnedCodec)
    file = read_aed(codec.encode(Picture(make_pixels(170, 150)), EncodeOptions(quality)).data)
    rows, columns = -(-file.height // 16), -(-file.width // 16)
    reference = ReferenceCodec(load_file(path))
    z, y = reference.symbols(file.tiles[0], quality, rows, columns)
    found = codec.tile_coder.decode(file.tiles[0], quality, rows, columns)
    assert np.array_equal(z, found.side)
    assert np.array_equal(y, found.symbols)
    assert np.count_nonzero(y) > y.size / 50
    assert file.tiles[0][:4] == crc32c(z.astype("<i4").tobytes() + y.astype("<i4").tobytes()).to_bytes(4, "little")
    pixels = reference.pixels(quality).transpose(1, 2, 0)[: file.height, : file.width].clip(0, 1) * 255
    assert np.abs(pixels - codec.decode(file).picture.pixels).max() < 0.51
