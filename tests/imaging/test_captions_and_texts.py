"""IPTC captions, comments and texts are kept where a format has a place for them, and reported where it has none."""

from __future__ import annotations

import io as streams
import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, IptcImagePlugin
from sample_files import rgb
from sample_pictures import exif_tags, smooth

from aedesk.core.errors import PictureError
from aedesk.imaging import io, iptc
from aedesk.imaging.losses import losses
from aedesk.imaging.picture import Picture

HEADLINE, CITY = (2, 105), (2, 90)


def iim(*fields: tuple[int, int, bytes]) -> bytes:
    return b"".join(b"\x1c" + bytes((record, dataset)) + struct.pack(">H", len(value)) + value for record, dataset, value in fields)


def resource(number: int, content: bytes) -> bytes:
    return b"8BIM" + struct.pack(">HHI", number, 0, len(content)) + content + b"\0" * (len(content) % 2)


CAPTION = iim((*HEADLINE, b"A ladder"), (*CITY, b"Z\xc3\xbcrich"))
RESOURCES = resource(0x0404, CAPTION)


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    stream = streams.BytesIO()
    Image.fromarray(smooth().pixels).save(stream, "JPEG", quality=90)
    extra = b"".join(bytes((0xFF, marker)) + struct.pack(">H", 2 + len(content)) + content for marker, content in segments)
    return stream.getvalue()[:2] + extra + stream.getvalue()[2:]


def read(tmp_path: Path, content: bytes) -> Picture:
    (tmp_path / "a.jpg").write_bytes(content)
    return io.read(tmp_path / "a.jpg")


def test_a_caption_and_comments_of_a_jpeg_come_back_as_another_program_reads_them(tmp_path: Path) -> None:
    found = read(tmp_path, jpeg((0xED, b"Photoshop 3.0\0" + RESOURCES), (0xFE, b"first"), (0xFE, "zw\u00f6lf".encode())))
    assert found.text == (("Comment", "first"), ("Comment", "zw\u00f6lf"))
    io.write(found, tmp_path / "b.jpg")
    again = io.read(tmp_path / "b.jpg")
    assert (again.iptc, again.text) == (found.iptc, found.text)
    with Image.open(tmp_path / "b.jpg") as image:
        fields = IptcImagePlugin.getiptcinfo(image)
        assert fields is not None
        assert (fields[HEADLINE], fields[CITY]) == (b"A ladder", b"Z\xc3\xbcrich")
        assert image.info["comment"] == "zw\u00f6lf".encode()


def test_a_caption_longer_than_a_segment_comes_back(tmp_path: Path) -> None:
    long = resource(0x0404, iim(*[(2, 120, bytes([65 + at]) * 2000) for at in range(20)] * 3))
    picture = Picture(rgb(), iptc=long, text=(("Comment", "x" * 100_000),))
    io.write(picture, tmp_path / "a.jpg")
    again = io.read(tmp_path / "a.jpg")
    assert again.iptc == long
    assert "".join(text for _, text in again.text) == "x" * 100_000


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_caption_survives_other_formats(tmp_path: Path, suffix: str) -> None:
    io.write(Picture(rgb(), iptc=RESOURCES), tmp_path / f"a{suffix}")
    assert io.read(tmp_path / f"a{suffix}").iptc == RESOURCES


def test_a_caption_in_the_tag_of_tiff_is_found_and_written_there(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", rgb(), photometric="rgb", extratags=[(33723, 7, len(CAPTION), CAPTION, True)])
    found = io.read(tmp_path / "a.tif")
    assert found.iptc == RESOURCES
    assert found.exif is not None
    assert ("main", 33723) not in exif_tags(found.exif)
    io.write(found, tmp_path / "b.tif")
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert bytes(file.pages.first.tags[33723].value) == CAPTION


def test_previews_and_paths_among_the_resources_are_not_kept() -> None:
    flag = resource(0x040A, b"\1")
    assert iptc.resources(resource(0x040C, b"old preview") + RESOURCES + resource(0x03ED, b"resolution") + flag) == RESOURCES + flag


@pytest.mark.parametrize("damaged", [b"", b"8BIM", b"8BIM\4\4\0\0\xff\xff\xff\xff", b"nonsense", RESOURCES[:20], b"8BIM\4\4\xff"])
def test_damaged_resources_are_left_out(damaged: bytes) -> None:
    assert iptc.resources(damaged) is None


def test_the_comment_of_a_gif_is_kept(tmp_path: Path) -> None:
    Image.fromarray(rgb()).quantize(16).save(tmp_path / "a.gif", comment=b"words")
    found = io.read(tmp_path / "a.gif")
    assert found.text == (("Comment", "words"),)
    io.write(found, tmp_path / "a.png")
    assert io.read(tmp_path / "a.png").text == found.text


def test_what_a_format_has_no_place_for_is_said() -> None:
    rich = Picture(smooth(bits=16).pixels, smooth(bits=16).pixels[:, :, 0], iptc=RESOURCES, text=(("Title", "a"), ("Comment", "b")))
    assert losses(rich, "PNG") == ()
    assert [sentence.split()[1] for sentence in losses(rich, "TIFF")] == ["texts"]
    assert "(Title)" in losses(rich, "JPEG")[2]
    for name, count in (("JPEG", 3), ("WebP", 3), ("AVIF", 3), ("AED", 2)):
        assert len(losses(rich, name)) == count
    assert losses(Picture(rgb()), "JPEG") == ()


def test_12_bit_jpeg_is_read_with_16_bits(tmp_path: Path) -> None:
    samples = smooth(64, 64, bits=16).pixels >> 4
    content = bytes(imagecodecs.jpeg8_encode(samples, level=98, bitspersample=12))
    found = read(tmp_path, content[:2] + jpeg((0xFE, b"deep"))[2:10] + content[2:])
    assert found.bit_depth == 16
    assert found.text == (("Comment", "deep"),)
    assert np.abs(found.pixels.astype(int) - smooth(64, 64, bits=16).pixels).max() < 700


@pytest.mark.parametrize(("marker", "words"), [(0xC3, "a lossless JPEG"), (0xC5, "hierarchical"), (0xF7, "JPEG-LS")])
def test_other_coding_processes_are_named_and_not_called_damage(tmp_path: Path, marker: int, words: str) -> None:
    content = jpeg().replace(b"\xff\xc0", bytes((0xFF, marker)))
    with pytest.raises(PictureError, match=f"{words}.*not supported") as caught:
        read(tmp_path, content)
    assert "PNG or TIFF" in caught.value.hint
