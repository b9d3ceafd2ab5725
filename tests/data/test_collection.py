"""Training pictures: found, split and cropped fairly."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from aedesk.core.errors import DataError
from aedesk.data.collection import PatchStore, iterate_pictures, split


def png(height: int, width: int, value: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((height, width, 3), value, np.uint8)).save(file, "PNG")
    return file.getvalue()


def test_pictures_in_folders_and_in_zip_files_are_found_in_order(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.png").write_bytes(png(8, 8, 2))
    (tmp_path / "notes.txt").write_text("not a picture")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("1.png", png(8, 8, 1))
    found = [(name, int(pixels[0, 0, 0])) for name, pixels in iterate_pictures(tmp_path)]
    assert found == [("a.zip/1.png", 1), ("sub/b.png", 2)]


def test_an_empty_or_missing_folder_and_a_broken_picture_are_named(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(DataError, match=folder.name):
            list(iterate_pictures(folder))
    (tmp_path / "broken.png").write_bytes(png(8, 8, 1)[:40])
    with pytest.raises(DataError, match=r"broken\.png"):
        list(iterate_pictures(tmp_path))


def test_the_split_is_by_picture_and_covers_all() -> None:
    names = [f"{i}.png" for i in range(50)]
    training, held_out = split(names, 7)
    assert len(held_out) == 7
    assert sorted(training + held_out) == list(range(50))
    with pytest.raises(DataError):
        split(names[:5], 4)


def test_a_patch_is_a_crop_of_one_picture_flipped_or_turned() -> None:
    height, width = 20, 30
    picture = np.zeros((height, width, 3), np.uint8)
    picture[..., 0] = np.arange(height)[:, None]
    picture[..., 1] = np.arange(width)
    picture[..., 2] = 7
    patches = PatchStore([picture, np.full((4, 4, 3), 200, np.uint8)]).sample(200, 8, torch.Generator().manual_seed(0))
    assert patches.shape == (200, 3, 8, 8)
    seen = set()
    for rows, columns, third in patches.int().tolist():
        assert {value for row in third for value in row} == {7}  # the picture that is too small never appears
        rows_array, columns_array = np.array(rows), np.array(columns)
        turned = rows_array[0, 0] == rows_array[1, 0]
        if turned:
            rows_array, columns_array = rows_array.T, columns_array.T
        down, right = np.diff(rows_array[:, 0]), np.diff(columns_array[0])
        assert abs(down[0]) == 1
        assert abs(right[0]) == 1
        assert (down == down[0]).all()
        assert (right == right[0]).all()
        seen.add((bool(turned), int(down[0]), int(right[0])))
    assert len(seen) == 8


def test_every_pixel_of_every_picture_is_drawn_as_often() -> None:
    pictures = [np.full((16, 16, 3), 0, np.uint8), np.full((16, 48, 3), 1, np.uint8)]
    patches = PatchStore(pictures).sample(4000, 16, torch.Generator().manual_seed(0))
    assert float(patches.float().mean()) == pytest.approx(33 / 34, abs=0.02)


def test_a_patch_larger_than_every_picture_is_an_error() -> None:
    with pytest.raises(DataError, match="64 pixels"):
        PatchStore([np.zeros((16, 16, 3), np.uint8)]).sample(1, 64, torch.Generator().manual_seed(0))
