"""Pictures are read in another process: what comes back is the same, and a crash there costs one file."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import crashing_reader
import numpy as np
import pytest

from aedesk.core.errors import PictureError
from aedesk.imaging import io, thumbnails
from aedesk.imaging.picture import Picture
from aedesk.jobs.picture_reader import InlineReader, PictureReader

crashes = pytest.mark.skipif(sys.platform == "win32", reason="the process is ended by a signal")


@pytest.fixture
def reader() -> Iterator[PictureReader]:
    made = PictureReader(crashing_reader.serve)
    yield made
    made.close()


@pytest.fixture
def file(tmp_path: Path, make_pixels: Callable[..., np.ndarray]) -> Path:
    alpha = np.full((200, 300), 7, np.uint16)
    pixels = make_pixels(200, 300, dtype=np.uint16)
    return io.write(Picture(pixels, alpha, text=(("Title", "words"),), dpi=(300.0, 300.0)), tmp_path / "a.png")


def test_a_picture_comes_back_whole(reader: PictureReader, file: Path) -> None:
    found, expected = reader.read(file), io.read(file)
    assert np.array_equal(found.pixels, expected.pixels)
    assert np.array_equal(found.alpha, expected.alpha)  # type: ignore[arg-type]
    for name in ("icc", "exif", "xmp", "dpi", "iptc", "text", "source_format", "notes"):
        assert getattr(found, name) == getattr(expected, name)
    assert reader.probe(file) == io.probe(file)
    assert np.array_equal(reader.thumbnail(file, 32), thumbnails.thumbnail(file, 32))
    assert found.pixels.flags.writeable


def test_the_process_is_used_again(reader: PictureReader, file: Path) -> None:
    reader.read(file)
    first = reader.pid
    reader.thumbnail(file, 16)
    assert reader.pid == first != os.getpid()


def test_errors_are_those_of_reading_here(reader: PictureReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("words.png").write_text("words")
    for name in ("words.png", "missing.png"):
        with pytest.raises(PictureError) as there:
            reader.read(Path(name))
        with pytest.raises(PictureError) as here:
            io.read(name)
        assert (there.value.message, there.value.hint) == (here.value.message, here.value.hint)


@crashes
def test_a_crash_costs_one_file(reader: PictureReader, file: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(crashing_reader.ALWAYS)
    for _ in range(2):
        with pytest.raises(PictureError, match=r"bad\.png cannot be read: the decoder .* stopped working on it \(SIGSEGV\)") as caught:
            reader.read(bad)
        assert caught.value.hint
        assert np.array_equal(reader.read(file).pixels, io.read(file).pixels)


@crashes
def test_a_file_is_not_blamed_for_what_one_before_it_did(reader: PictureReader, file: Path, tmp_path: Path) -> None:
    innocent = tmp_path / "b.png"
    innocent.write_bytes(crashing_reader.SECOND)
    reader.read(file)
    with pytest.raises(PictureError, match=r"b\.png is not a picture"):
        reader.read(innocent)


@crashes
def test_a_process_that_was_ended_from_outside_is_replaced(reader: PictureReader, file: Path) -> None:
    reader.read(file)
    first = reader.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert reader.read(file).width == 300
    assert reader.pid != first


def test_after_close_nothing_is_read(file: Path) -> None:
    reader = PictureReader()
    reader.read(file)
    reader.close()
    reader.close()
    with pytest.raises(PictureError, match="closing"):
        reader.read(file)


def test_close_does_not_wait_for_a_file_that_is_being_read(tmp_path: Path, make_pixels: Callable[..., np.ndarray]) -> None:
    large = io.write(Picture(np.tile(make_pixels(256, 256), (20, 20, 1))), tmp_path / "large.png")
    reader, ends = PictureReader(), []

    def read() -> None:
        try:
            ends.append(reader.read(large))
        except PictureError as error:
            ends.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    while reader.pid is None:
        pass
    reader.close()
    thread.join(60)
    assert len(ends) == 1


def test_several_threads_get_their_own_answers(reader: PictureReader, tmp_path: Path) -> None:
    files = [io.write(Picture(np.full((90, 90, 3), level, np.uint8)), tmp_path / f"{level}.png") for level in range(8)]
    found: dict[int, int] = {}
    threads = [
        threading.Thread(target=lambda at=at, f=f: found.update({at: int(reader.read(f).pixels.max())})) for at, f in enumerate(files)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {level: level for level in range(8)}


def test_the_inline_reader_does_the_same(file: Path) -> None:
    reader = InlineReader()
    assert replace(reader.probe(file)) == io.probe(file)
    assert np.array_equal(reader.read(file).pixels, io.read(file).pixels)
    assert reader.thumbnail(file, 16).shape[1] == 16
    reader.close()
