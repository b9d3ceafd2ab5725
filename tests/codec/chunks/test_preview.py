"""Previews in encoded files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from small_codec import make_codec

from aedesk.codec.loading import load_codec
from aedesk.codec.picture_codec import EncodeOptions, PictureCodec
from aedesk.core.resources import resource_path
from aedesk.formats.aed_file import MODEL, PREVIEW
from aedesk.formats.container import read_aed
from aedesk.imaging.io import read
from aedesk.imaging.picture import Picture
from aedesk.imaging.preview import open_preview

Pixels = Callable[..., np.ndarray]


@pytest.fixture(scope="module")
def codec(tmp_path_factory: pytest.TempPathFactory) -> PictureCodec:
    return load_codec(str(make_codec(tmp_path_factory.mktemp("codec"))), "cpu")


def test_a_file_above_100_kb_has_a_preview_of_at_most_2_per_cent() -> None:
    codec, pixels = load_codec("codec-photo", "cpu"), read(resource_path("samples", "portrait_clean.png")).pixels
    picture = Picture(np.concatenate((pixels, pixels[::-1])))
    data = codec.encode(picture, EncodeOptions(100)).data
    assert len(data) > 100_000
    preview = read_aed(data).chunk(PREVIEW)
    assert preview is not None
    assert len(preview) <= 0.02 * len(data)
    shown = open_preview(preview)
    assert shown is not None
    assert max(shown.size) >= 128
    without = codec.encode(picture, EncodeOptions(100, embed_preview=False)).data
    assert read_aed(without).chunk(PREVIEW) is None
    assert read_aed(without).tiles == read_aed(data).tiles


def test_a_small_file_has_no_preview(codec: PictureCodec, make_pixels: Pixels) -> None:
    data = codec.encode(Picture(make_pixels(64, 64)), EncodeOptions(50)).data
    assert len(data) < 100_000
    assert read_aed(data).chunk(PREVIEW) is None


def test_an_embedded_model_counts_as_part_of_the_file(codec: PictureCodec, tmp_path: Path) -> None:
    flat = Picture(np.full((64, 64, 3), 90, np.uint8))
    file = read_aed(codec.encode(flat, EncodeOptions(50, model_file=bytes(200_000))).data)
    assert [chunk.kind for chunk in file.chunks] == [MODEL, PREVIEW]
