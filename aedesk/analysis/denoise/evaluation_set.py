"""Pictures to measure a denoiser on: clean ones that are degraded, or pairs of a noisy and a clean shot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from aedesk.core.errors import DataError
from aedesk.core.specs import EvaluateDenoiseSpec
from aedesk.data.degradation.operations import gaussian
from aedesk.imaging.io import is_picture_path, read
from aedesk.imaging.other_codecs import decode, encode
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import to_8_bit

NOISY, CLEAN = "_real", "_mean"


@dataclass(frozen=True)
class Sample:
    """``clean`` and ``noisy`` are (H, W, 1 or 3) float32 in units of [0, 1]; noise may leave the range."""

    name: str
    clean: NDArray
    noisy: NDArray


def samples(folder: Path, spec: EvaluateDenoiseSpec) -> tuple[int, Iterator[Sample]]:
    """The number of samples and the samples, made one by one.

    White Gaussian noise is drawn in float, neither clipped nor rounded, seeded by ``spec.seed`` and the place of the picture in the sorted
    folder: the protocol of the literature. JPEG is what libjpeg makes of the picture in 8 bits. With neither, the folder holds pairs
    ``NAME_real.*`` and ``NAME_mean.*``. Raises :class:`DataError` if there is nothing to measure on.
    """
    if not folder.is_dir():
        raise DataError(f"The folder {folder} does not exist.", "Give a folder of pictures with --data.")
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and is_picture_path(path))
    paired = spec.sigma is None and spec.jpeg is None
    if paired:
        paths = [path for path in paths if path.stem.endswith(NOISY)]
        if not paths:
            raise DataError(f"{folder} holds no pairs NAME{NOISY} and NAME{CLEAN}.", "Give --sigma or --jpeg to degrade clean pictures.")
    elif not paths:
        raise DataError(f"There are no pictures in {folder}.", "Choose another folder.")
    paths = paths[: spec.limit]
    return len(paths), (_sample(path, spec, spec.seed + number) for number, path in enumerate(paths))


def _sample(path: Path, spec: EvaluateDenoiseSpec, seed: int) -> Sample:
    if spec.sigma is not None:
        return _noisy(path, spec.sigma, seed)
    return _pair(path) if spec.jpeg is None else _compressed(path, spec.jpeg)


def _floats(picture: Picture) -> NDArray:
    return picture.pixels.astype(np.float32) / np.float32(np.iinfo(picture.pixels.dtype).max)


def _noisy(path: Path, sigma: float, seed: int) -> Sample:
    clean = _floats(read(path))
    tensor = torch.from_numpy(clean).permute(2, 0, 1).unsqueeze(0)
    noisy = gaussian(tensor, sigma, torch.Generator().manual_seed(seed))
    return Sample(path.name, clean, noisy[0].permute(1, 2, 0).contiguous().numpy())


def _compressed(path: Path, quality: int) -> Sample:
    picture = read(path)
    pixels = to_8_bit(picture.pixels)
    coded = decode("JPEG", encode("JPEG", pixels, quality), picture.channels)
    return Sample(path.name, pixels / np.float32(255), coded / np.float32(255))


def _pair(path: Path) -> Sample:
    partners = sorted(path.parent.glob(path.stem.removesuffix(NOISY) + CLEAN + ".*"))
    if not partners:
        raise DataError(f"{path} has no partner {path.stem.removesuffix(NOISY)}{CLEAN}.", "Add it or remove this one.")
    clean, noisy = _floats(read(partners[0])), _floats(read(path))
    if clean.shape != noisy.shape:
        raise DataError(f"{path} and {partners[0].name} differ in size.", "Pairs must show the same picture.")
    return Sample(path.name, clean, noisy)
