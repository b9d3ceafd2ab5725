"""EXIF blocks are patched, never rebuilt, so that what stands at an offset goes on standing there."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_pictures import MAKER_NOTE, exif_block, exif_tags, picture

from aedesk.imaging import io as pictures
from aedesk.imaging import tags
from aedesk.imaging.exif import Exif, with_dpi
from aedesk.imaging.tags import EXIF_POINTER, Directory, Tag, TagFile


def position_of_the_makers_note(block: bytes) -> int:
    return block.index(MAKER_NOTE)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tiff_file_begins_with_the_exif_block_so_that_makers_notes_keep_their_place(tmp_path: Path, order: str) -> None:
    block = exif_block(1, order)
    path = pictures.write(picture(exif=block), tmp_path / "a.tif")
    assert position_of_the_makers_note(path.read_bytes()) == position_of_the_makers_note(block)
    assert path.read_bytes()[8 : len(block)] == block[8:]


@pytest.mark.parametrize("order", ["<", ">"])
def test_adding_a_resolution_moves_nothing(order: str) -> None:
    block = exif_block(1, order)
    added = with_dpi(block, (300.0, 240.5))
    assert added is not None
    assert position_of_the_makers_note(added) == position_of_the_makers_note(block)
    exif = Exif.parse(added)
    assert exif is not None
    assert exif.dpi == (300.0, 240.5)
    assert exif_tags(block).items() <= exif_tags(added).items()
    assert with_dpi(added, (300.0, 240.5)) is added


def test_a_resolution_makes_a_block_where_there_is_none() -> None:
    exif = Exif.parse(with_dpi(None, (72.0, 72.0)))
    assert exif is not None
    assert exif.dpi == (72.0, 72.0)
    assert with_dpi(None, None) is None


@pytest.mark.parametrize("order", ["<", ">"])
def test_removing_the_orientation_keeps_everything_else(order: str) -> None:
    block = exif_block(6, order)
    exif = Exif.parse(block)
    assert exif is not None
    expected = exif_tags(block)
    del expected["main", 0x0112]
    without = exif.without_orientation()
    assert exif_tags(without) == expected
    assert len(without) == len(block)


def test_a_resolution_in_centimetres_is_told_in_inches() -> None:
    directory = Directory({0x011A: Tag.of("<", 5, 100, 1), 0x011B: Tag.of("<", 5, 200, 1), 0x0128: Tag.of("<", 3, 3)})
    exif = Exif.parse(tags.pack("<", directory))
    assert exif is not None
    assert exif.dpi == pytest.approx((254.0, 508.0))


@given(
    values=st.dictionaries(st.integers(0x9000, 0x9FFF), st.binary(min_size=1, max_size=40), min_size=1, max_size=20),
    order=st.sampled_from("<>"),
)
def test_packed_directories_are_read_back(values: dict[int, bytes], order: str) -> None:
    below = Directory({number: Tag(7, len(value), value, order) for number, value in values.items()})
    block = tags.pack(order, Directory({0x010F: Tag(2, 4, b"abc\0", order)}, {EXIF_POINTER: below}))
    found = TagFile(io.BytesIO(block)).directory()
    assert {number: tag.value for number, tag in found.below[EXIF_POINTER].tags.items()} == values
    assert found.tags[0x010F].value == b"abc\0"


@given(st.binary(max_size=300))
def test_no_block_of_random_bytes_is_more_than_unreadable(block: bytes) -> None:
    for start in (b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"):
        exif = Exif.parse(start + block)
        if exif is not None:
            assert 1 <= exif.orientation <= 8
            assert len(exif.upright()) == len(exif.block)
            exif.without_orientation()
            with_dpi(exif.block, (72.0, 72.0))


def test_tags_that_all_point_at_the_same_megabytes_do_not_fill_the_memory() -> None:
    size = 32 << 20
    entries = b"".join(struct.pack("<HHII", 0x9000 + at, 7, size, 8) for at in range(1000))
    block = b"II*\0" + struct.pack("<I", 8 + size) + bytes(size) + struct.pack("<H", 1000) + entries + bytes(4)
    with pytest.raises(ValueError, match="more than 256 MiB"):
        TagFile(io.BytesIO(block)).directory()


def test_pages_that_follow_each_other_in_a_circle_are_counted_once() -> None:
    page = struct.pack("<H", 1) + struct.pack("<HHIHH", 256, 3, 1, 5, 0)
    block = b"II*\0" + struct.pack("<I", 8) + page + struct.pack("<I", 26) + page + struct.pack("<I", 8)
    assert TagFile(io.BytesIO(block)).count_directories() == 2
