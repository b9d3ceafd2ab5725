"""AVIF and HEIC: animations, code points for colour, depths beyond 8 bits, and kinds that cannot be decoded."""

from __future__ import annotations

import io as streams
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pillow_heif
import pytest
from PIL import Image
from sample_files import HEIGHT, WIDTH, rgb, sample_file
from sample_pictures import XMP, exif_block, exif_tags, profile, smooth

from aedesk.core.errors import PictureError
from aedesk.imaging import io
from aedesk.imaging.cicp import Cicp
from aedesk.imaging.display import to_display
from aedesk.imaging.picture import Picture

P3, HDR, WIDE = Cicp(12, 13), Cicp(9, 16), Cicp(9, 14)


def read(tmp_path: Path, content: bytes, name: str = "a.avif") -> Picture:
    (tmp_path / name).write_bytes(content)
    return io.read(tmp_path / name)


def again(picture: Picture, path: Path, quality: int = 95) -> Picture:
    io.write(picture, path, quality=quality)
    return io.read(path)


@pytest.mark.parametrize("bits", [8, 10, 12])
@pytest.mark.parametrize("channels", [3, 4])
def test_the_first_frame_of_an_animation_is_read(tmp_path: Path, bits: int, channels: int) -> None:
    top = (1 << bits) - 1
    frames = np.stack([np.full((64, 64, channels), value, np.uint8 if bits == 8 else np.uint16) for value in (top // 2, 0, 0)])
    path = tmp_path / "a.avif"
    path.write_bytes(bytes(imagecodecs.avif_encode(frames, bitspersample=bits, level=95)))
    # In a process of its own, because a fault in the decoder would end this one.
    code = f"from aedesk.imaging import io; p = io.read({str(path)!r}); print(p.pixels.shape, p.bit_depth, p.pixels.min(), p.pixels.max())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    full = 255 if bits == 8 else 65535
    shape, depth, least, most = done.stdout.rsplit(maxsplit=3)
    assert (shape, int(depth)) == ("(64, 64, 3)", 8 if bits == 8 else 16)
    assert abs(int(least) - full // 2) <= full // 100
    assert abs(int(most) - full // 2) <= full // 100
    assert io.probe(path).frames == 3


@pytest.mark.parametrize("signal", [P3, HDR, WIDE])
@pytest.mark.parametrize("bits", [8, 10, 12])
def test_code_points_of_avif_are_part_of_the_picture(tmp_path: Path, signal: Cicp, bits: int) -> None:
    samples = smooth(bits=8).pixels if bits == 8 else smooth(bits=16).pixels >> (16 - bits)
    content = imagecodecs.avif_encode(samples, bitspersample=bits, level=95, primaries=signal.primaries, transfer=signal.transfer, matrix=9)
    found = read(tmp_path, bytes(content))
    assert found.cicp == signal
    assert found.bit_depth == (8 if bits == 8 else 16)


def test_srgb_needs_no_profile(tmp_path: Path) -> None:
    for primaries, transfer in ((1, 13), (2, 2)):
        content = imagecodecs.avif_encode(smooth().pixels, level=90, primaries=primaries, transfer=transfer, matrix=6)
        assert read(tmp_path, bytes(content)).icc is None


@pytest.mark.parametrize("signal", [P3, HDR, WIDE])
def test_code_points_of_heic_are_part_of_the_picture(tmp_path: Path, signal: Cicp) -> None:
    stream = streams.BytesIO()
    deep = pillow_heif.from_bytes("RGB;16", (WIDTH, HEIGHT), rgb(16).tobytes())
    deep.save(stream, quality=90, color_primaries=signal.primaries, transfer_characteristics=signal.transfer, matrix_coefficients=9)
    found = read(tmp_path, stream.getvalue(), "a.heic")
    assert (found.cicp, found.bit_depth) == (signal, 16)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".avif", ".jpg", ".webp"])
def test_code_points_survive_every_format(tmp_path: Path, suffix: str) -> None:
    picture = replace(smooth(bits=16), icc=HDR.profile(gray=False))
    assert again(picture, tmp_path / f"a{suffix}").cicp == HDR


def test_a_wide_colour_is_shown_as_srgb() -> None:
    # Display P3's red is beyond sRGB; this colour is within both (computed with the matrices of CSS Color 4).
    picture = Picture(np.full((1, 1, 3), (200, 100, 50), np.uint8), icc=P3.profile(gray=False))
    assert np.abs(to_display(picture).astype(int) - (215, 93, 31)).max() <= 1


def test_reference_white_of_hdr_is_shown_white() -> None:
    # 203 cd/m2 is 58 % of the PQ signal and 75 % of the HLG signal (ITU-R BT.2408, table 1).
    for signal, level in ((Cicp(9, 16), 0.58), (Cicp(9, 18), 0.75)):
        white = Picture(np.full((1, 1, 3), round(level * 65535), np.uint16), icc=signal.profile(gray=False))
        assert to_display(white).min() >= 252
        dark = Picture(np.full((1, 1, 3), round(level * 0.6 * 65535), np.uint16), icc=signal.profile(gray=False))
        assert to_display(dark).max() < 160


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize(("quality", "bits"), [(95, 10), (100, 12)])
def test_16_bit_pictures_are_written_with_10_or_12_bits_and_all_metadata(
    tmp_path: Path, channels: int, alpha: bool, quality: int, bits: int
) -> None:
    icc = profile("Gray" if channels == 1 else "Display P3")
    cover = np.broadcast_to(np.linspace(0, 65535, 36).astype(np.uint16), (24, 36)) if alpha else None
    ramp = smooth(channels=channels, bits=16)
    found = again(Picture(ramp.pixels, cover, icc, exif_block(1), XMP, (300.0, 300.0)), tmp_path / "a.avif", quality)
    assert np.abs(found.pixels.astype(int) - ramp.pixels).max() <= (400 if quality == 95 else 40)
    assert (found.alpha is not None) == alpha
    assert found.alpha is None or cover is None or np.abs(found.alpha.astype(int) - cover).max() <= 400
    assert (found.icc, found.xmp, found.dpi) == (icc, XMP, (300.0, 300.0))
    assert found.exif is not None
    assert exif_tags(found.exif)["main", 0x010F] == "Maker & Sons"
    assert imagecodecs.avif_decode((tmp_path / "a.avif").read_bytes()).max() >> bits == 0
    with Image.open(tmp_path / "a.avif") as image:
        assert image.info["icc_profile"] == icc
        assert image.info["xmp"] == XMP
        assert np.asarray(image.convert("RGB")).std() > 30


@pytest.mark.parametrize(
    ("kind", "words"), [(b"unci", "an uncompressed HEIF"), (b"avc1", "H.264"), (b"vvc1", "H.266"), (b"j2k1", "JPEG 2000")]
)
def test_other_codings_are_named_and_not_called_damage(tmp_path: Path, kind: bytes, words: str) -> None:
    content = sample_file("eight.heic").replace(b"hvc1", kind)
    with pytest.raises(PictureError, match=f"{words}.*not supported") as caught:
        read(tmp_path, content, "a.heic")
    assert caught.value.hint


def test_a_heic_file_whose_items_cannot_be_found_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="is damaged or incomplete"):
        read(tmp_path, sample_file("eight.heic").replace(b"meta", b"mess"), "a.heic")


def test_a_video_in_heif_is_not_called_damage(tmp_path: Path) -> None:
    content = b"\0\0\0\x18ftypmsf1\0\0\0\0msf1hevc" + b"\0\0\0\x10moov\0\0\0\x08trak"
    with pytest.raises(PictureError, match="video without a still picture, which is not supported"):
        read(tmp_path, content, "a.heic")
