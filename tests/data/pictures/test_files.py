"""Picture files in folders and in zip archives."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DataError, PictureError
from aedesk.data.pictures.files import Unpacker, find_pictures, listed_files
from aedesk.data.pictures.loading import load_pictures


def test_pictures_in_folders_and_archives_are_found_in_order(tmp_path: Path, write_flat: Callable[..., Path]) -> None:
    write_flat(tmp_path / "sub" / "b.png", 2)
    (tmp_path / "notes.txt").write_text("not a picture")
    write_flat(tmp_path / ".hidden" / "c.png", 3)
    packed = write_flat(tmp_path / "1.png", 1)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(packed, "deep/1.png")
        archive.write(packed, "__MACOSX/deep/._1.png")
    packed.unlink()
    found = find_pictures(tmp_path, CancelToken())
    with Unpacker() as unpacker:
        values = [int(unpacker.read(file).pixels[0, 0, 0]) for file in found]
    assert [(file.name, file.stem, file.label, value) for file, value in zip(found, values, strict=True)] == [
        ("a.zip/deep/1.png", "a.zip/deep/1", "", 1),
        ("sub/b.png", "sub/b", "sub", 2),
    ]


def test_an_empty_or_missing_folder_is_an_error_that_names_it(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(DataError, match=folder.name):
            find_pictures(folder, CancelToken())


def test_a_broken_archive_is_reported_and_the_others_are_used(tmp_path: Path, write_flat: Callable[..., Path]) -> None:
    write_flat(tmp_path / "good.png", 1)
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 cut short")
    problems: list[str] = []
    assert [file.name for file in find_pictures(tmp_path, CancelToken(), problems)] == ["good.png"]
    assert len(problems) == 1
    assert "broken.zip" in problems[0]
    with pytest.raises(DataError, match=r"broken\.zip"):
        find_pictures(tmp_path, CancelToken())


def test_a_damaged_archive_member_is_an_error_that_names_it(tmp_path: Path, write_flat: Callable[..., Path]) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(write_flat(tmp_path / "1.png", 1), "1.png")
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[60] ^= 255
    (tmp_path / "a.zip").write_bytes(data)
    with Unpacker() as unpacker, pytest.raises(PictureError, match=r"a\.zip/1\.png"):
        unpacker.read(find_pictures(tmp_path, CancelToken())[1])


def test_listed_files_must_exist(tmp_path: Path, write_flat: Callable[..., Path]) -> None:
    path = write_flat(tmp_path / "one.png", 1)
    assert [file.path for file in listed_files([str(path)])] == [path]
    with pytest.raises(DataError, match=r"two\.png"):
        listed_files([str(path), str(tmp_path / "two.png")])


def test_a_huge_member_of_a_zip_file_is_never_unpacked(
    tmp_path: Path, write_flat: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aedesk.data.pictures.files.MAX_MEMBER_BYTES", 1 << 20)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(write_flat(tmp_path / "1.png", 1), "good.png")
        archive.writestr("huge.png", bytes(3 << 20))
    (tmp_path / "1.png").unlink()
    problems: list[str] = []
    loaded = load_pictures(find_pictures(tmp_path, CancelToken()), 3, CancelToken(), problems)
    assert len(loaded) == 1
    assert len(problems) == 1
    assert "huge.png has 3 MiB" in problems[0]


def test_a_member_that_unpacks_to_gigabytes_is_refused_by_its_header(tmp_path: Path) -> None:
    """What the archive says counts, before a byte is unpacked; zipfile itself stops at that size."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.png", b"few bytes")
    data = (tmp_path / "a.zip").read_bytes()
    at = data.index(b"PK\x01\x02") + 24  # the uncompressed size in the central directory
    (tmp_path / "a.zip").write_bytes(data[:at] + (4_200_000_000).to_bytes(4, "little") + data[at + 4 :])
    with Unpacker() as unpacker, pytest.raises(PictureError, match="MiB"):
        unpacker.read(find_pictures(tmp_path, CancelToken())[0])
