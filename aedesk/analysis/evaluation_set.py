"""Pictures to measure on: clean ones to which noise is added, or pairs of a noisy and a clean shot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from aedesk.core.errors import DataError
from aedesk.data.degradations import gaussian
from aedesk.imaging.io import is_picture_path, read
from aedesk.imaging.picture import Picture

NOISY, CLEAN = "_real", "_mean"


@dataclass(frozen=True)
class Sample:
    """``clean`` and ``noisy`` are (H, W, 1 or 3) float32 in units of [0, 1]; noise may leave the range."""

    name: str
    clean: NDArray
    noisy: NDArray


def samples(folder: Path, sigma: float | None, seed: int, limit: int | None) -> tuple[int, Iterator[Sample]]:
    """How many samples there are, and the samples, made one by one.

    With ``sigma`` (8-bit units), white Gaussian noise is drawn in float, neither clipped nor rounded, seeded by ``seed`` and the place of
    the picture in the sorted folder: the literature's protocol. Without, the folder holds pairs ``NAME_real.*`` and ``NAME_mean.*``.
    Raises :class:`DataError` if there is nothing to measure on.
    """
    if not folder.is_dir():
        raise DataError(f"The folder {folder} does not exist.", "Give a folder of pictures with --data.")
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and is_picture_path(path))
    if sigma is None:
        paths = [path for path in paths if path.stem.endswith(NOISY)]
        if not paths:
            raise DataError(f"{folder} holds no pairs NAME{NOISY} and NAME{CLEAN}.", "Give --sigma to add noise to clean pictures.")
    elif not paths:
        raise DataError(f"There are no pictures in {folder}.", "Choose another folder.")
    paths = paths[:limit]
    return len(paths), (_pair(path) if sigma is None else _noisy(path, sigma, seed + number) for number, path in enumerate(paths))


def _floats(picture: Picture) -> NDArray:
    return picture.pixels.astype(np.float32) / np.float32(np.iinfo(picture.pixels.dtype).max)


def _noisy(path: Path, sigma: float, seed: int) -> Sample:
    clean = _floats(read(path))
    tensor = torch.from_numpy(clean).permute(2, 0, 1).unsqueeze(0)
    noisy = gaussian(tensor, sigma, torch.Generator().manual_seed(seed))
    return Sample(path.name, clean, noisy[0].permute(1, 2, 0).contiguous().numpy())


def _pair(path: Path) -> Sample:
    partners = sorted(path.parent.glob(path.stem.removesuffix(NOISY) + CLEAN + ".*"))
    if not partners:
        raise DataError(f"{path} has no partner {path.stem.removesuffix(NOISY)}{CLEAN}.", "Add it or remove this one.")
    clean, noisy = _floats(read(partners[0])), _floats(read(path))
    if clean.shape != noisy.shape:
        raise DataError(f"{path} and {partners[0].name} differ in size.", "Pairs must show the same picture.")
    return Sample(path.name, clean, noisy)
