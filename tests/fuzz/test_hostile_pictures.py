"""Whatever stands in a file, reading it gives a picture or a PictureError that names it, and soon."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_files import NAMES, sample_file

from aedesk.core.errors import PictureError
from aedesk.imaging import io
from aedesk.imaging.picture import Picture
from aedesk.imaging.thumbnails import thumbnail

pytestmark = pytest.mark.filterwarnings("ignore")  # what libraries say about damage is not under test

LONGEST_S = 10.0  # a thousand times what any of these files needs, for machines with other things to do
# Their pixels are not covered by a checksum or a count, so a file may lose its last bytes without anybody being able to tell.
OPEN_ENDED = {"eight.jp2": 0.5, "deep.jp2": 0.5, "animated.gif": 0.5, "bayer.dng": 0.9, "fax.tif": 0.98}


def outcome(attempt: Callable[[Path], object], path: Path) -> tuple[object, PictureError | None]:
    try:
        return attempt(path), None
    except PictureError as error:
        return None, error


def read_hostile(content: bytes, name: str) -> Picture | None:
    """The picture, or None for a PictureError that says which file it is about."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        started = time.perf_counter()
        picture = None
        for attempt in (io.probe, io.read, lambda path: thumbnail(path, 16)):
            result, error = outcome(attempt, path)
            picture = result if isinstance(result, Picture) else picture
            assert error is None or (name in error.message and error.hint)
        assert time.perf_counter() - started < LONGEST_S
        return picture


@pytest.mark.parametrize("name", NAMES)
def test_the_undamaged_file_is_a_picture(name: str) -> None:
    pytest.importorskip("rawpy") if name.endswith(".dng") else None
    assert read_hostile(sample_file(name), name) is not None


@pytest.mark.parametrize("name", NAMES)
def test_a_truncated_file_is_an_error(name: str) -> None:
    content = sample_file(name)
    lengths = {0, 1, 2, 3, 4, 7, 8, 12, 16, 20, 33, 64, *range(100, len(content), max(1, len(content) // 12))}
    certain = len(content) * OPEN_ENDED.get(name, 0.99)
    for length in sorted(length for length in lengths if length < len(content)):
        picture = read_hostile(content[:length], name)
        assert picture is None or length >= certain, f"{length} of {len(content)} bytes are a picture"


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@settings(max_examples=12)
def test_changed_bytes_give_a_picture_or_an_error(name: str, data: st.DataObject) -> None:
    content = bytearray(sample_file(name))
    # Half of the changes fall into the first 200 bytes, where sizes, offsets and types stand.
    place = st.one_of(st.integers(0, min(200, len(content) - 1)), st.integers(0, len(content) - 1))
    for at, value in data.draw(st.lists(st.tuples(place, st.integers(0, 255)), min_size=1, max_size=4)):
        content[at] = value
    read_hostile(bytes(content), name)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@settings(max_examples=5)
def test_bytes_that_are_cut_out_or_repeated_give_a_picture_or_an_error(name: str, data: st.DataObject) -> None:
    content = sample_file(name)
    start, end = sorted((data.draw(st.integers(0, len(content))), data.draw(st.integers(0, len(content)))))
    read_hostile(content[:start] + content[end:], name)
    read_hostile(content[:end] + content[start:], name)


@given(content=st.binary(max_size=400), name=st.sampled_from(NAMES))
@settings(max_examples=60)
def test_random_bytes_give_a_picture_or_an_error(content: bytes, name: str) -> None:
    read_hostile(content, name)
    read_hostile(sample_file(name)[:24] + content, name)
