"""What is written into an .aed file comes out of it, or is said to be damaged."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from aed_files import CODES, FILES, HUGE, MANY_TILES, ONE_TILE, some_bytes
from hypothesis import given, settings
from hypothesis import strategies as st

from aedesk.core.errors import FormatError
from aedesk.formats.aed_file import MAGIC, AedFile, Chunk
from aedesk.formats.checksum import crc32c
from aedesk.formats.container import read_aed, write_aed
from aedesk.formats.inspection import inspect
from aedesk.formats.limits import Limits

HEADER_BYTES = 4 + 1 + 1 + 8 + 1 + 2 + 2 + 1  # of ONE_TILE, without its checksum


def reheaded(data: bytes, at: int, new: bytes, header_bytes: int = HEADER_BYTES) -> bytes:
    """``data`` with other bytes in the header, and the checksum that fits them."""
    header = data[:at] + new + data[at + len(new) : header_bytes]
    return header + crc32c(header).to_bytes(4, "little") + data[header_bytes + 4 :]


@pytest.mark.parametrize("name", FILES)
def test_a_written_file_is_read_back(name: str) -> None:
    assert read_aed(write_aed(FILES[name])) == FILES[name]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_sizes_and_contents_are_read_back(data: st.DataObject) -> None:
    width, height = data.draw(st.integers(1, 30_000)), data.draw(st.integers(1, 30_000))
    tile_px = 64 * data.draw(st.integers(max(1, max(width, height) // 640), 256))
    count = -(-width // tile_px) * -(-height // tile_px)
    names = data.draw(st.lists(st.from_regex(r"[a-z][A-Za-z]{3}", fullmatch=True), unique=True, max_size=64))
    file = AedFile(
        width,
        height,
        data.draw(st.sampled_from((1, 3))),
        data.draw(st.sampled_from((8, 16))),
        data.draw(st.binary(min_size=8, max_size=8)),
        data.draw(st.sampled_from(("codec", "codes"))),
        data.draw(st.integers(0, 100)),
        tile_px,
        tuple(some_bytes(n % 300, n % 256) for n in range(count)),
        tuple(Chunk(name, data.draw(st.binary(max_size=200))) for name in names),
    )
    assert read_aed(write_aed(file), Limits(tile_px=2**16)) == file


def test_a_file_of_one_tile_is_28_bytes_larger_than_its_payload() -> None:
    assert len(write_aed(ONE_TILE)) - len(ONE_TILE.tiles[0]) == 28


def test_tiles_are_ordered_by_rows_and_may_be_smaller_at_the_edges() -> None:
    assert [MANY_TILES.rectangle(n) for n in range(6)] == [
        (0, 0, 128, 128),
        (128, 0, 128, 128),
        (256, 0, 44, 128),
        (0, 128, 128, 2),
        (128, 128, 128, 2),
        (256, 128, 44, 2),
    ]


def test_chunks_are_found_by_their_kind() -> None:
    assert MANY_TILES.chunk("xmpp") == b""
    assert MANY_TILES.chunk("zzzz") is None


def test_a_damaged_tile_affects_only_itself() -> None:
    data = bytearray(write_aed(MANY_TILES))
    data[data.index(MANY_TILES.tiles[3]) + 5] ^= 1
    found = read_aed(bytes(data))
    assert found.damaged == {3}
    assert [a == b for a, b in zip(found.tiles, MANY_TILES.tiles, strict=True)] == [True, True, True, False, True, True]


def test_a_truncated_file_loses_its_last_tiles() -> None:
    data = write_aed(MANY_TILES)
    assert read_aed(data[:-1]).damaged == {5}
    assert read_aed(data[: -len(MANY_TILES.tiles[5]) - 4]).damaged == {5}
    assert read_aed(data[: -len(MANY_TILES.tiles[5]) - 5]).damaged == {4, 5}
    assert read_aed(data[: data.index(MANY_TILES.tiles[1])]).damaged == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("appended", [b"\0", b"abc", b"appended by a mail program" * 100, write_aed(ONE_TILE)])
def test_appended_bytes_are_ignored(appended: bytes) -> None:
    for file in (ONE_TILE, MANY_TILES, replace(ONE_TILE, tiles=(b"",))):
        assert read_aed(write_aed(file) + appended) == file


def test_appended_bytes_do_not_hide_damage() -> None:
    data = bytearray(write_aed(ONE_TILE))
    data[-20] ^= 1
    assert read_aed(bytes(data) + b"appended").damaged == {0}


@pytest.mark.parametrize(("width", "height"), [(30_001, 1), (1, 30_001), (40_000, 3)])
def test_a_picture_beyond_the_limits_of_readers_is_not_written(width: int, height: int) -> None:
    tiles = (b"x",) * (-(-width // 1024) * -(-height // 1024))
    file = replace(ONE_TILE, width=width, height=height, tile_px=1024, tiles=tiles)
    with pytest.raises(FormatError, match=r"the limits of \.aed files are 30,000 pixels per edge"):
        write_aed(file)


def test_a_picture_at_the_limit_is_written_and_read() -> None:
    file = replace(ONE_TILE, width=30_000, height=1, tile_px=1024, tiles=(b"x",) * 30)
    assert read_aed(write_aed(file)) == file


def test_swapped_tiles_are_detected() -> None:
    tiles = (b"aaaa", b"bbbb", *MANY_TILES.tiles[2:])
    data = write_aed(replace(MANY_TILES, tiles=tiles))
    first, second = data.index(b"aaaa"), data.index(b"bbbb")
    swapped = data[:first] + data[second : second + 8] + data[first : first + 8] + data[second + 8 :]
    assert read_aed(swapped).damaged == {0, 1}


def test_a_tile_of_another_file_is_detected() -> None:
    one, other = write_aed(ONE_TILE), write_aed(replace(ONE_TILE, quality=51))
    assert one[-404:-4] == other[-404:-4]
    assert read_aed(one[:-404] + other[-404:]).damaged == {0}


def test_every_bit_of_the_file_is_covered_by_a_checksum() -> None:
    for name in ("many-tiles", "codes", "one-pixel"):
        data = write_aed(FILES[name])
        for bit in range(8 * len(data)):
            changed = bytearray(data)
            changed[bit // 8] ^= 1 << bit % 8
            try:
                assert read_aed(bytes(changed)).damaged
            except FormatError:
                pass


@pytest.mark.parametrize("field", ["magic", "version", "model id", "quality", "width", "height", "tile size", "checksum of the header"])
def test_a_header_that_ends_early_names_the_field(field: str) -> None:
    data = write_aed(ONE_TILE)
    messages = []
    for length in range(HEADER_BYTES + 4):
        with pytest.raises(FormatError) as caught:
            read_aed(data[:length])
        messages.append(caught.value.message)
    assert any(field in message for message in messages)


def test_a_file_of_another_format_is_distinguished_from_a_damaged_one() -> None:
    with pytest.raises(FormatError, match=r"not an \.aed file"):
        read_aed(b"\x89PNG\r\n\x1a\n" + bytes(100))


@pytest.mark.parametrize(("at", "value"), [(4, 2), (5, 16 | 1)])
def test_a_newer_version_needs_a_newer_program(at: int, value: int) -> None:
    with pytest.raises(FormatError) as caught:
        read_aed(reheaded(write_aed(ONE_TILE), at, bytes([value])))
    assert "newer version" in caught.value.hint


def test_an_unknown_critical_chunk_needs_a_newer_program_and_an_optional_one_is_kept() -> None:
    critical = write_aed(replace(ONE_TILE, chunks=(Chunk("Zzzz", b"1"),)))
    with pytest.raises(FormatError, match="Zzzz") as caught:
        read_aed(critical)
    assert "newer version" in caught.value.hint
    optional = write_aed(replace(ONE_TILE, chunks=(Chunk("zzzz", b"1"),)))
    assert write_aed(read_aed(optional)) == optional


def test_a_damaged_chunk_is_an_error_that_names_it() -> None:
    data = write_aed(CODES).replace(some_bytes(30, 23)[:5], b"-----")
    with pytest.raises(FormatError, match="chunk 'CODE'"):
        read_aed(data)


def test_control_characters_in_a_chunk_name_are_escaped() -> None:
    data = write_aed(replace(ONE_TILE, chunks=(Chunk("zzzz", b"1"),)))
    at = data.index(b"zzzz")
    with pytest.raises(FormatError) as caught:
        read_aed(reheaded(data, at, b"\x1b[2J", at + 5))
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize(
    ("limits", "said"), [(Limits(edge_px=700), "700"), (Limits(pixels=10**5), "0 megapixels"), (Limits(tile_px=512), "512")]
)
def test_limits_are_checked_first(limits: Limits, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        read_aed(write_aed(ONE_TILE), limits)


def test_a_header_with_more_tiles_than_bytes_is_rejected_at_once() -> None:
    data = write_aed(HUGE)
    header = data[: 4 + 2 + 8 + 1] + b"\xb0\xea\x01" * 2 + b"\x01"
    with pytest.raises(FormatError, match="number of tiles"):
        read_aed(header + data[len(header) :])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("width", 0),
        ("height", 2**20 + 1),
        ("channels", 2),
        ("bit_depth", 10),
        ("model_id", b"1234567"),
        ("kind", "photo"),
        ("quality", 101),
        ("tile_px", 100),
        ("tile_px", 0),
        ("tiles", ()),
        ("tiles", (b"", b"")),
        ("chunks", (Chunk("abc", b""),)),
        ("chunks", (Chunk("ab1d", b""),)),
        ("chunks", (Chunk("abcd", b""), Chunk("abcd", b"1"))),
        ("chunks", tuple(Chunk(f"aa{a}{b}", b"") for a in "abcdefghi" for b in "abcdefgh")),
    ],
)
def test_invalid_values_are_rejected(field: str, value: object) -> None:
    with pytest.raises(FormatError, match="cannot have"):
        replace(ONE_TILE, **{field: value})


def test_a_file_with_damaged_tiles_cannot_be_written() -> None:
    with pytest.raises(FormatError, match="damaged"):
        write_aed(read_aed(write_aed(ONE_TILE)[:-1]))


def test_inspection_gives_json_with_consistent_sizes() -> None:
    data = write_aed(MANY_TILES)
    found = json.loads(json.dumps(inspect(data[:-1] + b"?")))
    assert found["size_bytes"] == len(data) == found["tile_bytes"] + found["overhead_bytes"] + sum(c["size_bytes"] for c in found["chunks"])
    assert (found["width"], found["height"], found["channels"], found["bit_depth"], found["kind"]) == (300, 130, 1, 16, "codec")
    assert (found["quality"], found["model_id"], found["tiles"], found["damaged_tiles"]) == (100, "efcdab8967452301", 6, [5])
    assert found["chunks"][0] == {"kind": "iccp", "size_bytes": 130}
    assert found["bpp"] == pytest.approx(8 * len(data) / 39_000)


def test_the_checksum_is_the_castagnoli_one() -> None:
    assert crc32c(b"123456789") == 0xE3069283  # the check value that is published with it
    assert crc32c(b"6789", crc32c(b"12345")) == 0xE3069283


def test_the_magic_is_not_text() -> None:
    assert MAGIC[0] > 127
