from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from aedesk.core.errors import SpecError
from aedesk.imaging import other_codecs
from aedesk.imaging.metrics import psnr
from aedesk.imaging.other_codecs import available, code, nearest_in_psnr, nearest_in_size
from aedesk.imaging.picture import Picture


@pytest.fixture
def picture(make_pixels: Callable[..., np.ndarray]) -> Picture:
    return Picture(make_pixels(96, 128))


@pytest.mark.parametrize("codec", available())
@pytest.mark.parametrize(("channels", "dtype"), [(3, np.uint8), (1, np.uint16)])
def test_every_codec_gives_back_a_picture_of_the_same_size_and_tells_its_psnr(
    make_pixels: Callable[..., np.ndarray], codec: str, channels: int, dtype: type
) -> None:
    picture = Picture(make_pixels(50, 70, channels, dtype))
    coded = code(codec, picture, 80)
    assert (coded.codec, coded.picture.pixels.shape, coded.picture.bit_depth) == (codec, (50, 70, channels), 8)
    assert 20 < coded.psnr < 70
    assert coded.bpp == 8 * coded.size_bytes / 3500


@pytest.mark.parametrize("codec", ["JPEG", "WebP"])
def test_the_file_nearest_in_size_is_found_in_few_tries(picture: Picture, codec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    every = {quality: code(codec, picture, quality).size_bytes for quality in range(1, 101)}
    tries: list[int] = []
    monkeypatch.setattr(other_codecs, "code", lambda *about: tries.append(about[2]) or code(*about))
    for target in (every[20], (every[70] + every[71]) // 2, every[90]):
        tries.clear()
        found = nearest_in_size(codec, picture, target)
        assert found is not None
        best = min(every.values(), key=lambda size: abs(np.log(size / target)))
        assert abs(np.log(found.size_bytes / target)) <= max(abs(np.log(best / target)), 0.02)
        assert len(tries) <= 9


def test_the_file_nearest_in_psnr_is_found(picture: Picture) -> None:
    found = nearest_in_psnr("JPEG", picture, code("JPEG", picture, 75).psnr)
    assert found is not None
    assert found.psnr == pytest.approx(code("JPEG", picture, 75).psnr, abs=0.1)
    assert found.psnr == pytest.approx(psnr(picture.pixels, found.picture.pixels))


def test_what_no_quality_reaches_ends_with_the_nearest(picture: Picture) -> None:
    smallest, largest = (nearest_in_size("JPEG", picture, size) for size in (1, 10_000_000))
    assert smallest is not None
    assert largest is not None
    assert smallest.size_bytes <= code("JPEG", picture, 2).size_bytes
    assert largest.quality == 100


def test_a_search_stops_between_two_tries(picture: Picture) -> None:
    answers = iter([False, True])
    assert nearest_in_size("JPEG", picture, 1, lambda: next(answers)) is None


def test_profile_and_exif_are_part_of_the_size(make_pixels: Callable[..., np.ndarray]) -> None:
    bare = Picture(make_pixels(40, 40))
    dressed = Picture(bare.pixels, exif=b"II*\0\x08\0\0\0\0\0\0\0\0\0" + bytes(3000))
    assert code("JPEG", dressed, 50).size_bytes > code("JPEG", bare, 50).size_bytes + 2900


def test_an_unknown_codec_is_named(picture: Picture) -> None:
    with pytest.raises(SpecError, match="'GIF'"):
        code("GIF", picture, 50)
